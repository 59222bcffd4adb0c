import { join } from 'node:path';
import { createFileRecords } from '@cyborgjs/driver-sdk/host';
import { type AddedDrivers, createAddedDrivers } from './agent/added-drivers.ts';
import { createAgent } from './agent/agent.ts';
import { bootIdOf } from './agent/boot-id.ts';
import { holdersOf } from './agent/holders.ts';
import { createImageCache, type ImageCache } from './agent/image-cache.ts';
import { createLedger } from './agent/ledger.ts';
import { type OpenDriverInit, openDriver, type RunnableDriver } from './agent/open-drivers.ts';
import type { WriteTree } from './agent/placement-writer.ts';
import { prepareMachine } from './agent/prepare-machine.ts';
import type { ControlledAgent } from './agent-control.ts';
import { recordsDirOf } from './agent-host.ts';
import type { Bus } from './bus/bus.ts';
import type { AgentHostConfig, Config } from './config-schema.ts';
import { driversDirOf } from './drivers-dir.ts';
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
): Promise<ControlledAgent> {
  const { machine } = planned.config;
  await prepareMachine(planned.name, machine);
  const log = ports.log.child({ host: planned.name });
  const records = createFileRecords(recordsDirOf(config, planned.name), {
    onUnusable: (record) => log.error(record, 'a record of the ledger cannot be used'),
    onChange: (phase, kind) => ports.breakpoint?.(`ledger.${kind}:${phase}`),
  });
  const bootId = bootIdOf(machine, ports.newId);
  const opening: OpenDriverInit = {
    ...ports,
    machine,
    driverUser: config.agent.driverUser,
    log,
    records,
    bootId,
    patience: config.agent.driverPatience,
    onStatus: (status) => agent.driverChanged(status),
    onHint: (driver, hint) => agent.driverHinted(driver, hint),
    onLine: (line) => {
      if (line.facts?.audit === true) ports.breakpoint?.(`seam.${line.message}:after`);
    },
    onAttachments: () => agent.attachmentsChanged(),
  };
  const added = planned.config.drivers === null ? addedDrivers(planned, config, opening) : null;
  const drivers = [
    ...planned.drivers.map((driver) => openDriver(driver, opening)),
    ...(added?.first() ?? []),
  ];
  const writeTree = await treeWriter(planned, config, ports);
  const agent = await createAgent(
    {
      ...ports,
      log,
      bus,
      ledger: createLedger(records),
      drivers,
      imageCache: imageCache(planned, config, ports),
      writeTree,
    },
    {
      host: planned.name,
      bootId,
      simulated: machine.kind === 'simulated',
      version,
      rescanIntervalMs: config.agent.rescanIntervalMs,
      heartbeatIntervalMs: config.agent.heartbeatIntervalMs,
      statsIntervalMs: config.agent.statsIntervalMs,
      machineRoot: machine.kind === 'real' ? '/' : machine.root,
    },
  );
  return { agent, added };
}

function addedDrivers(planned: PlannedHost, config: Config, opening: OpenDriverInit): AddedDrivers {
  return createAddedDrivers({
    directory: driversDirOf(config),
    configured: new Set(planned.drivers.map((driver) => driver.package.manifest.id)),
    open: (driver, admit) => openDriver(driver, opening, admit),
    onStatus: opening.onStatus,
    holders: (driver) => holdersOf(opening.records, driver),
    log: opening.log,
  });
}

/** Where fetched images lie: drivers of a simulated machine see nothing outside of it. */
function imageCache(
  { name, config: host }: PlannedHost,
  { stateDir, agent }: Config,
  { now }: Ports,
): ImageCache {
  const seenAs =
    host.machine.kind === 'real'
      ? join(stateDir, 'images', encodeURIComponent(name))
      : '/var/lib/cyborg/images';
  const directory = host.machine.kind === 'real' ? seenAs : join(host.machine.root, seenAs);
  return createImageCache({ directory, seenAs, maxBytes: agent.imageCacheBytes, now });
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

/** As a rule no nova-compute makes the provider of a simulated host. */
function createsRoot(planned: PlannedHost, config: Config): boolean {
  return config.placement?.createRoot ?? planned.config.machine.kind === 'simulated';
}
