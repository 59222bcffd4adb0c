import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Agent, createAgent } from './agent/agent.ts';
import { bootIdOf } from './agent/boot-id.ts';
import { createLedger } from './agent/ledger.ts';
import { openDrivers, type RunnableDriver } from './agent/open-drivers.ts';
import type { WriteTree } from './agent/placement-writer.ts';
import { prepareMachine } from './agent/prepare-machine.ts';
import { createRecordStore } from './agent/record-store.ts';
import type { Bus } from './bus/bus.ts';
import type { AgentHostConfig, Config } from './config-schema.ts';
import type { Ports } from './ports.ts';
import { version } from './version.ts';

/** A host's agent and what has been resolved for it before anything runs. */
export interface PlannedHost {
  readonly name: string;
  readonly config: AgentHostConfig;
  readonly drivers: readonly RunnableDriver[];
}

interface AgentSurroundings {
  readonly config: Config;
  readonly bus: Bus;
  readonly ports: Ports;
}

/** Builds the agent of one host: its ledger, the hosts of its drivers, its way to Placement. */
export async function composeAgent(
  planned: PlannedHost,
  { config, bus, ports }: AgentSurroundings,
): Promise<Agent> {
  const { machine } = planned.config;
  await prepareMachine(planned.name, machine);
  const log = ports.log.child({ host: planned.name });
  const records = createRecordStore(join(config.stateDir, 'agents', encodeURIComponent(planned.name)), {
    onSpoilt: (record) => log.error(record, 'a record of the ledger is spoilt and was set aside'),
    onWrite: (phase) => ports.breakpoint?.(`ledger:${phase}`),
  });
  const drivers = openDrivers(planned.drivers, { machine, log, onStatus: () => agent.driverChanged() });
  const writeTree = await treeWriter(planned, config, ports);
  const agent = await createAgent(
    { ...ports, log, bus, ledger: createLedger(records), drivers, writeTree },
    {
      host: planned.name,
      bootId: bootIdOf(machine, ports.newId),
      simulated: machine.kind === 'simulated',
      version,
      rescanIntervalMs: config.agent.rescanIntervalMs,
      heartbeatIntervalMs: config.agent.heartbeatIntervalMs,
    },
  );
  return agent;
}

/** The way to Placement, loaded only when there is one. */
async function treeWriter(planned: PlannedHost, config: Config, ports: Ports): Promise<WriteTree | null> {
  if (!config.placement?.enabled) return null;
  const { createTreeWriter } = await import('./agent/write-tree.ts');
  const { composePlacement } = await import('./compose-placement.ts');
  const placement = composePlacement(config.placement);
  const createRoot = createsRoot(planned, config);
  const write = createTreeWriter({ placement, host: planned.name, createRoot });
  return watchTreeWriter(write, ports.breakpoint);
}

/** The same writer, telling before and after each pass. */
function watchTreeWriter(write: WriteTree, tell: Ports['breakpoint']): WriteTree {
  return async (tree, signal) => {
    tell?.('placement:before');
    const written = await write(tree, signal);
    tell?.('placement:after');
    return written;
  };
}

/** The name of a host: what the configuration says, else what this machine calls itself. */
export function hostName(config: AgentHostConfig): string {
  return config.name ?? hostname();
}

/** As a rule no nova-compute makes the provider of a simulated host. */
function createsRoot(planned: PlannedHost, config: Config): boolean {
  return config.placement?.createRoot ?? planned.config.machine.kind === 'simulated';
}
