import { hostname } from 'node:os';
import { join } from 'node:path';
import { createFileRecords } from '@cyborgjs/driver-sdk/host';
import { type Agent, createAgent } from './agent/agent.ts';
import { bootIdOf } from './agent/boot-id.ts';
import { createLedger } from './agent/ledger.ts';
import { openDrivers, type RunnableDriver } from './agent/open-drivers.ts';
import type { WriteTree } from './agent/placement-writer.ts';
import { prepareMachine } from './agent/prepare-machine.ts';
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
  const records = createFileRecords(join(config.stateDir, 'agents', encodeURIComponent(planned.name)), {
    onUnusable: (record) => log.error(record, 'a record of the ledger cannot be used'),
    onChange: (phase, kind) => ports.breakpoint?.(`ledger.${kind}:${phase}`),
  });
  const bootId = bootIdOf(machine, ports.newId);
  const drivers = openDrivers(planned.drivers, {
    ...ports,
    machine,
    log,
    records,
    bootId,
    patience: config.agent.driverPatience,
    onStatus: () => agent.driverChanged(),
    onLine: (line) => {
      if (line.facts?.audit === true) ports.breakpoint?.(`seam.${line.message}:after`);
    },
    onAttachments: () => agent.attachmentsChanged(),
  });
  const writeTree = await treeWriter(planned, config, ports);
  const agent = await createAgent(
    { ...ports, log, bus, ledger: createLedger(records), drivers, writeTree },
    {
      host: planned.name,
      bootId,
      simulated: machine.kind === 'simulated',
      version,
      rescanIntervalMs: config.agent.rescanIntervalMs,
      heartbeatIntervalMs: config.agent.heartbeatIntervalMs,
      machineRoot: machine.kind === 'real' ? '/' : machine.root,
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

/** No nova-compute ever makes the provider of a simulated host. */
function createsRoot(planned: PlannedHost, config: Config): boolean {
  return planned.config.machine.kind === 'simulated' || (config.placement?.createRoot ?? false);
}
