import { randomBytes } from 'node:crypto';
import type {
  Command,
  DiscoveredDevice,
  DriverStatus,
  Fact,
  OperationOutcome,
  PlacementStatus,
} from '@cyborgjs/core';
import type { Bus } from '../src/bus/bus.ts';
import { createMemoryBus } from '../src/bus/memory-bus.ts';
import type { Claims } from '../src/conductor/claims.ts';
import type { Conductor, ConductorContext } from '../src/conductor/conductor.ts';
import { type ConductorSettings, defaultConductorSettings } from '../src/conductor/conductor-settings.ts';
import { createConductor } from '../src/conductor/create-conductor.ts';
import { createImageLibrary } from '../src/conductor/image-library.ts';
import type { Nova } from '../src/conductor/nova.ts';
import { tendOperations } from '../src/conductor/operation-worker.ts';
import { sendOutbox } from '../src/conductor/outbox-worker.ts';
import type { StoredDevice } from '../src/store/device.ts';
import type { Store } from '../src/store/store.ts';
import {
  memoryDatabase,
  newId,
  openTestStore,
  silentLog,
  type TestClock,
  type TestDatabase,
  testClock,
} from './test-store.ts';

/** A conductor whose workers are run by hand, on a real store, a memory bus, and a clock that stands still. */
export interface ConductorBench {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: TestClock;
  readonly conductor: Conductor;
  readonly context: ConductorContext;
  /** Statements sent to the database so far, transactions aside. */
  readonly statements: readonly string[];
  /** What an agent on the host says; all of the same run unless `agentRun` says otherwise. */
  tell(fact: Partial<Fact> & Pick<Fact, 'kind'>): Promise<void>;
  report(devices: readonly DiscoveredDevice[], facts?: ReportFacts): Promise<void>;
  answer(operationId: string, outcome: OperationOutcome): Promise<void>;
  /** The only device of the host. */
  device(): Promise<StoredDevice>;
  /** Tells Nova what waits for it. */
  tellNova(): Promise<void>;
  /** Takes up the operations that are due. */
  tend(): Promise<void>;
  /** Sends what waits in the outbox and returns what arrived since the last time, in order. */
  commands(): Promise<Command[]>;
  end(): Promise<void>;
}

interface ReportFacts {
  readonly agentRun?: number;
  readonly sequence?: number;
  readonly driver?: string;
}

export const benchHost = 'compute1';
export const asker = { requestedBy: 'operator' };
export const noPlacement: PlacementStatus = { enabled: false, agreedAt: null, error: null, retained: [] };

/** A driver's status as an agent tells it. */
export function aDriverStatus(facts: Partial<DriverStatus> = {}): DriverStatus {
  const verbs = ['discover', 'status', 'attach', 'detach', 'install'] as const;
  return {
    id: 'gpu',
    package: '@cyborgjs/driver-gpu',
    version: '1.0.0',
    state: 'running',
    verbs: [...verbs],
    restarts: 0,
    failure: null,
    ...facts,
  };
}

/** Opens a bench on a database, SQLite in memory unless told. */
export async function openConductorBench(
  database: TestDatabase = memoryDatabase,
  settings: Partial<ConductorSettings> = {},
  { nova = null, claims = null }: { readonly nova?: Nova | null; readonly claims?: Claims | null } = {},
): Promise<ConductorBench> {
  const clock = testClock();
  const statements: string[] = [];
  const onStatement = (sql: string) => void statements.push(sql);
  const { store, end } = await openTestStore(database, { now: clock.now, onStatement });
  const pause = async () => {};
  const memoryBus = createMemoryBus({ sleep: pause, log: silentLog });
  let underWay = 0;
  const bus: Bus = {
    ...memoryBus,
    sendCommand(host, command) {
      if (host === benchHost) underWay += 1;
      return memoryBus.sendCommand(host, command);
    },
  };
  const components = {
    store,
    bus,
    nova,
    glance: null,
    claims,
    now: clock.now,
    newId,
    random: () => 0,
    randomBytes,
    pause,
    log: silentLog,
  };
  const tuned = { ...defaultConductorSettings, ...settings };
  const images = createImageLibrary({ store, glance: null, limitBytes: tuned.imageLimitBytes });
  const context = { ...components, settings: tuned, images };
  const conductor = createConductor(components, context.settings);
  const arrived: Command[] = [];
  await bus.receiveCommands(benchHost, async (command) => {
    underWay -= 1;
    arrived.push(command);
  });
  let sequence = 0;

  const tell: ConductorBench['tell'] = (fact) => conductor.applyFact(completeFact(fact, clock.now()));
  return {
    store,
    bus,
    clock,
    conductor,
    context,
    statements,
    tell,
    report(devices, { agentRun = 1, driver = 'gpu', ...rest } = {}) {
      sequence += 1;
      const outcome = { kind: 'inventory' as const, devices: [...devices] };
      const report = { driver, sequence: rest.sequence ?? sequence, observedAt: clock.now(), outcome };
      return tell({ kind: 'report', agentRun, report });
    },
    answer: (operationId, outcome) =>
      tell({ kind: 'operation-result', operationId: operationId as never, outcome, at: clock.now() }),
    async device() {
      const { items } = await store.devices.list();
      const [device] = items;
      if (device === undefined || items.length > 1) throw new Error(`${items.length} devices, expected one`);
      return device;
    },
    async tellNova() {
      while (await sendOutbox({ owner: 'bench', to: 'nova' }, context));
    },
    async tend() {
      await tendOperations(context);
    },
    async commands() {
      await sendOutbox({ owner: 'bench', to: 'hosts' }, context);
      while (underWay > 0) await new Promise((resolve) => setImmediate(resolve));
      return arrived.splice(0);
    },
    async end() {
      await bus.close();
      await end();
    },
  };
}

const defaults: Readonly<Record<string, object>> = {
  hello: { bootId: 'boot-1', simulated: false, agentVersion: '1.0.0', drivers: [aDriverStatus()] },
  heartbeat: { drivers: [aDriverStatus()], placement: noPlacement },
};

function completeFact(fact: Partial<Fact> & Pick<Fact, 'kind'>, at: number): Fact {
  return { host: benchHost, agentRun: 1, at, ...defaults[fact.kind], ...fact } as Fact;
}

/** The operations among some commands. */
export function operationsIn(commands: readonly Command[]): Extract<Command, { kind: 'operation' }>[] {
  return commands.filter((command) => command.kind === 'operation');
}

/** The latest set of open devices among some commands. */
export function admissionIn(commands: readonly Command[]): Extract<Command, { kind: 'admit' }> | undefined {
  return commands.findLast((command) => command.kind === 'admit');
}
