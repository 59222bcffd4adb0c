import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { partOf } from '../machine/part-of.ts';
import { invokeIn } from '../machine/with-libraries.ts';
import type { Machine, RunOptions, RunResult } from '../machine.ts';
import { buildMachine } from '../simulator/build-machine.ts';
import type { CardPlan } from '../simulator/card.ts';
import { createSimulatedMachine } from '../simulator/create-simulated-machine.ts';
import type { Simulation } from '../simulator/open-simulation.ts';
import { copyTree, restoreTree, type TreeCopy } from '../simulator/restore-tree.ts';
import { snapshotAfter } from '../simulator/snapshot-tree.ts';
import { differenceOf, type MachineState } from './bench.ts';
import type { ConformanceFixture, Disturbance, StagedMachine } from './conformance-subject.ts';

/** A vendor's tool on a simulated machine: what it prints, and what it does there. Ends early when its signal aborts. */
export type FixtureTool = (
  simulation: Simulation,
  args: readonly string[],
  options: RunOptions,
) => RunResult | Promise<RunResult>;

/** A double of a vendor's library on a simulated machine: its functions by name, as a port declares them. */
export type FixtureLibrary = (simulation: Simulation) => object;

/** Has somebody on the host use a handle; what is returned ends that. */
export type FixtureHold = (simulation: Simulation, handleId: string) => () => void;

/** A process has a function open, and its kernel driver can tell, as NVIDIA's can. */
export const openByProcess: FixtureHold = (simulation, address) => {
  simulation.hold(address);
  return () => simulation.letGo(address);
};

interface PciFixtureOptions
  extends Pick<ConformanceFixture, 'name' | 'config' | 'devices' | 'profile' | 'images'> {
  readonly cards: readonly CardPlan[];
  /** What is done to each machine when it is made: files, a first install. */
  readonly prepare?: (simulation: Simulation) => Promise<void>;
  /** Tools of the vendor by absolute path. */
  readonly tools?: Readonly<Record<string, FixtureTool>>;
  /** Doubles of the vendor's libraries by the name of their port. */
  readonly libraries?: Readonly<Record<string, FixtureLibrary>>;
  /** How somebody uses a handle; left out where the host cannot see that. */
  readonly hold?: FixtureHold;
  /** Address of the function behind a handle whose id is not that. */
  readonly functionOf?: (machine: Machine, handleId: string) => Promise<string | undefined>;
  /** Single facts of an attached handle; those of a function on VFIO when left out. */
  readonly disturbances?: (simulation: Simulation, handleId: string) => readonly Disturbance[];
  /** The same cards, in the same order, at other addresses. */
  readonly moved?: readonly CardPlan[];
  /** Cards of others only. */
  readonly bare?: readonly CardPlan[];
  /** This many cards of the kind. */
  readonly scaled?: (cards: number) => readonly CardPlan[];
}

/**
 * A fixture of simulated PCI cards: a kernel that binds, unbinds and probes as a real one does.
 *
 * @example
 * pciFixture({
 *   name: 'an H200 beside a BMC',
 *   config: {},
 *   devices: ['0000:83:00.0'],
 *   cards: [nvidiaGpu({ address: '0000:83:00.0' }), bmcVga({ address: '0000:03:00.0' })],
 * });
 */
export function pciFixture(options: PciFixtureOptions): ConformanceFixture {
  const { name, config, devices, profile, images, moved, bare, scaled } = options;
  const pool = createMachinePool(options);
  const once = (plan: readonly CardPlan[]): Promise<StagedMachine> => buildOnce(options, plan);
  return {
    name,
    config,
    devices,
    ...(profile === undefined ? {} : { profile }),
    ...(images === undefined ? {} : { images }),
    stage: () => pool.take(),
    close: async () => pool.close(),
    ...(moved === undefined ? {} : { moved: () => once(moved) }),
    ...(bare === undefined ? {} : { bare: () => once(bare) }),
    ...(scaled === undefined ? {} : { scaled: (count) => once(scaled(count)) }),
  };
}

/** Machines of one plan: one that was used is made again what it was, which saves most of the time. */
function createMachinePool(options: PciFixtureOptions) {
  const idle: WatchedSimulation[] = [];
  let pristine: { readonly copy: TreeCopy; readonly state: MachineState } | undefined;
  const make = async (): Promise<WatchedSimulation> => {
    const watched = await makeWatched(options, options.cards);
    pristine ??= { copy: copyTree(watched.simulation.root), state: watched.state() };
    return watched;
  };
  const putBack = (watched: WatchedSimulation): void => {
    if (pristine === undefined) {
      discard(watched);
      return;
    }
    if (differenceOf(pristine.state, watched.state()) !== undefined) {
      restoreTree(watched.simulation.root, pristine.copy);
      watched.touch();
    }
    idle.push(watched);
  };
  return {
    async take(): Promise<StagedMachine> {
      const watched = idle.pop() ?? (await make());
      return stageMachine(watched, options, () => putBack(watched));
    },
    close(): void {
      for (const watched of idle.splice(0)) discard(watched);
    },
  };
}

async function buildOnce(options: PciFixtureOptions, cards: readonly CardPlan[]): Promise<StagedMachine> {
  const watched = await makeWatched(options, cards);
  return stageMachine(watched, options, () => discard(watched));
}

async function makeWatched(
  { tools = {}, libraries = {}, prepare }: PciFixtureOptions,
  cards: readonly CardPlan[],
): Promise<WatchedSimulation> {
  const root = mkdtempSync(join(scratch, 'cyborg-conformance-'));
  const watched = watchSimulation(buildMachine({ root, cards }), { tools, libraries });
  await prepare?.(watched.simulation);
  watched.touch();
  return watched;
}

/** Machines are thousands of small files; in memory they are made ten times faster than on a busy disk. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const discard = ({ simulation }: WatchedSimulation): void =>
  rmSync(simulation.root, { recursive: true, force: true });

/** A simulated machine that is read from its files only when something may have changed them. */
interface WatchedSimulation {
  readonly simulation: Simulation;
  readonly machine: Machine;
  state(): MachineState;
  /** Says that something may have changed. */
  touch(): void;
}

function watchSimulation(
  simulation: Simulation,
  { tools, libraries }: Required<Pick<PciFixtureOptions, 'tools' | 'libraries'>>,
): WatchedSimulation {
  const answers = new Map<string, Promise<unknown>>();
  let state: MachineState | undefined;
  const touch = (): void => {
    state = undefined;
    answers.clear();
  };
  const machine = createSimulatedMachine({
    root: simulation.root,
    onChanges: (changes) => {
      if (state !== undefined) state = snapshotAfter(state, changes);
    },
  });
  const writing = async (path: string, text: string): Promise<void> => {
    answers.clear();
    return machine.write(path, text).finally(() => answers.clear());
  };
  const once = <Result>(verb: keyof Machine, path: string, read: () => Promise<Result>): Promise<Result> => {
    const key = `${verb} ${path}`;
    const answer = answers.get(key) ?? read();
    answers.set(key, answer);
    return answer as Promise<Result>;
  };
  const changing = async <Result>(change: () => Promise<Result>): Promise<Result> => {
    touch();
    return change().finally(touch);
  };
  const invoke = doublesOn(simulation, libraries);
  const run: Machine['run'] = async (tool, args, options = {}) =>
    (await tools[tool]?.(simulation, args, options)) ?? machine.run(tool, args, options);
  return {
    simulation,
    machine: {
      read: (path) => once('read', path, () => machine.read(path)),
      readBytes: async (path, part) =>
        partOf(await once('readBytes', path, () => machine.readBytes(path)), part),
      list: (path) => once('list', path, () => machine.list(path)),
      link: (path) => once('link', path, () => machine.link(path)),
      resolve: (path) => once('resolve', path, () => machine.resolve(path)),
      write: writing,
      run: (tool, args, options) => changing(() => run(tool, args, options)),
      // What is said to look only may not.
      invoke: (use, options) => changing(() => invoke(use, options)),
    },
    state: () => {
      state ??= new Map(Object.entries(simulation.snapshot()));
      return state;
    },
    touch,
  };
}

function doublesOn(
  simulation: Simulation,
  libraries: Readonly<Record<string, FixtureLibrary>>,
): Machine['invoke'] {
  const ports = Object.entries(libraries).map(
    ([port, open]) => [port, { open: () => open(simulation) }] as const,
  );
  return invokeIn(Object.fromEntries(ports));
}

function stageMachine(
  watched: WatchedSimulation,
  { hold, functionOf, disturbances }: PciFixtureOptions,
  onDispose: () => void,
): StagedMachine {
  const { simulation, machine } = watched;
  const behind = async <Result>(work: () => Result): Promise<Awaited<Result>> => {
    try {
      return await work();
    } finally {
      watched.touch();
    }
  };
  return {
    machine,
    state: async () => watched.state(),
    unplug: async (id) => {
      const address = (await functionOf?.(machine, id)) ?? id;
      const physical = await machine.link(`/sys/bus/pci/devices/${address}/physfn`);
      await behind(() => simulation.unplug(physical ?? address));
    },
    replug: (address) => behind(() => replug(simulation, address)),
    sicken: (address) => behind(() => simulation.fallOff(address)),
    recover: (address) => behind(() => simulation.recover(address)),
    ...(hold === undefined ? {} : { hold: (id) => holdBehind(() => hold(simulation, id), behind) }),
    disturbances: (handleId) =>
      disturbances === undefined
        ? disturbancesOf(machine, handleId)
        : disturbances(simulation, handleId).map((one) => ({
            ...one,
            apply: () => one.apply().finally(watched.touch),
          })),
    dispose: async () => onDispose(),
  };
}

/** Plugs a card in again and enables its virtual functions, as the host's own rules do for each new card. */
async function replug(simulation: Simulation, address: string): Promise<void> {
  simulation.replug(address);
  const card = simulation.cards().find(({ functions }) => functions.some((fn) => fn.address === address));
  for (const { address: at, sriov } of card?.functions ?? [])
    if (sriov !== null && sriov.numVfs > 0)
      await simulation.machine.write(`/sys/bus/pci/devices/${at}/sriov_numvfs`, `${sriov.numVfs}`);
}

async function holdBehind(
  hold: () => () => void,
  behind: <Result>(work: () => Result) => Promise<Awaited<Result>>,
): Promise<() => Promise<void>> {
  const letGo = await behind(hold);
  return () => behind(letGo);
}

function disturbancesOf(machine: Machine, address: string): readonly Disturbance[] {
  const override = `/sys/bus/pci/devices/${address}/driver_override`;
  const unbind = (): Promise<void> => machine.write('/sys/bus/pci/drivers/vfio-pci/unbind', address);
  return [
    { name: 'its driver override was cleared', apply: () => machine.write(override, '\n') },
    { name: 'it was unbound', apply: unbind },
    {
      name: 'it was given back to the host',
      apply: async () => {
        await machine.write(override, '\n');
        await unbind();
        await machine.write('/sys/bus/pci/drivers_probe', address);
      },
    },
  ];
}
