import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandOf, Fact, FactOf, OperationOutcome, OperationVerb, Uuid } from '@cyborgjs/core';
import { onTestFinished } from 'vitest';
import { resolveDrivers } from '../src/agent/open-drivers.ts';
import { createMemoryBus } from '../src/bus/memory-bus.ts';
import { composeAgent } from '../src/compose-agent.ts';
import { loadConfig } from '../src/config.ts';
import { systemPorts } from '../src/ports.ts';
import { until } from './until.ts';

/** A host with the card of the fixture driver `flasher`; it outlives its agents. */
export interface AgentHost {
  readonly root: string;
  readonly stateDir: string;
  /** Writes a file of the machine. */
  put(path: string, text: string): void;
}

/** Makes one, which is gone when the test is over. */
export function anAgentHost(): AgentHost {
  const directory = mkdtempSync(join(tmpdir(), 'cyborg-agent-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const root = join(directory, 'machine');
  for (const part of ['card', 'images', 'proc/sys/kernel/random'])
    mkdirSync(join(root, part), { recursive: true });
  const put = (path: string, text: string): void => writeFileSync(join(root, path), text);
  put('proc/sys/kernel/random/boot_id', 'boot-1\n');
  for (const fact of ['firmware', 'layout', 'part0.holder', 'part0.on', 'part1.holder', 'part1.on'])
    put(`card/${fact}`, '\n');
  return { root, stateDir: join(directory, 'state'), put };
}

type Order = Partial<Pick<CommandOf<'operation'>, 'device' | 'driver'>> & { readonly id?: number };

/** An agent on a bus of its own, asked by commands as a conductor would, and all that it said. */
export interface RunningAgent {
  readonly facts: readonly Fact[];
  /** Sends an operation; its outcome. The same id again is the same operation. */
  ask(verb: OperationVerb, given: Record<string, unknown>, order?: Order): Promise<OperationOutcome>;
  cancel(id: number): Promise<void>;
  /** What it last said of who holds what. */
  held(): FactOf<'attachments'> | undefined;
  stop(): Promise<void>;
}

let operations = 0;

/**
 * Starts the agent of a host; it is stopped at the end of the test at the latest.
 *
 * @param directory package of its only driver, default the fixture driver `flasher`
 */
export async function startAgent(
  host: Pick<AgentHost, 'root' | 'stateDir'>,
  driverConfig: Record<string, unknown> = {},
  directory = fileURLToPath(new URL('./drivers/flasher', import.meta.url)),
): Promise<RunningAgent> {
  mkdirSync(host.stateDir, { recursive: true });
  const file = join(host.stateDir, 'cyborg.json');
  const machine = { kind: 'simulated' as const, root: host.root };
  const driver = { package: directory, config: driverConfig };
  writeFileSync(
    file,
    JSON.stringify({ stateDir: host.stateDir, agent: { hosts: [{ machine, drivers: [driver] }] } }),
  );
  const config = loadConfig({ config: file }, {});
  const ports = systemPorts(process.env.SERVICE_LOG ?? 'silent');
  const bus = createMemoryBus({ sleep: ports.pause, log: ports.log });
  const facts: Fact[] = [];
  await bus.receiveFacts(async (fact) => void facts.push(fact));
  const [hostConfig] = config.agent.hosts;
  if (hostConfig === undefined) throw new Error('a configuration without a host');
  const planned = { name: 'host-1', config: hostConfig, drivers: resolveDrivers([driver]) };
  const { agent } = await composeAgent(planned, { config, bus, ports });
  await agent.start();
  let running = true;
  const stop = async (): Promise<void> => {
    if (!running) return;
    running = false;
    await agent.stop();
    await bus.close();
  };
  onTestFinished(stop);
  return {
    facts,
    async ask(verb, given, { id = ++operations, device = cardOne, driver: driverId = 'flasher' } = {}) {
      const operationId = operationIdOf(id);
      const before = outcomesOf(facts, operationId).length;
      const deadlineAt = Date.now() + 60_000;
      await bus.sendCommand('host-1', {
        kind: 'operation',
        operationId,
        verb,
        driver: driverId,
        device,
        arguments: given,
        deadlineAt,
      });
      return until(`the end of ${verb}`, async () => outcomesOf(facts, operationId)[before]);
    },
    cancel: (id) => bus.sendCommand('host-1', { kind: 'cancel', operationId: operationIdOf(id) }),
    held: () => facts.findLast((fact) => fact.kind === 'attachments'),
    stop,
  };
}

/** The card of the host. */
export const cardOne = { identity: 'CARD-1', address: 'slot0' };

/** An operation's id by its number. */
export const operationIdOf = (id: number): Uuid =>
  `6a2f4c1e-0000-4000-8000-${String(id).padStart(12, '0')}` as Uuid;

const outcomesOf = (facts: readonly Fact[], id: Uuid): OperationOutcome[] =>
  facts.flatMap((fact) =>
    fact.kind === 'operation-result' && fact.operationId === id ? [fact.outcome] : [],
  );
