import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../machine.ts';
import { buildMachine } from '../simulator/build-machine.ts';
import type { CardPlan } from '../simulator/card.ts';
import type { Simulation } from '../simulator/open-simulation.ts';
import type { TreeCopy } from '../simulator/restore-tree.ts';
import type { ConformanceFixture, Disturbance, StagedMachine } from './conformance-subject.ts';
import { type FixtureLibrary, type FixtureTool, WatchedSimulation } from './watched-simulation.ts';

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
  let unused: TreeCopy | undefined;
  const make = async (): Promise<WatchedSimulation> => {
    const watched = await makeWatched(options, options.cards);
    unused ??= watched.copy();
    return watched;
  };
  const putBack = (watched: WatchedSimulation): void => {
    // It can be used again whatever is thrown of what came past the seam.
    idle.push(watched);
    if (unused !== undefined) watched.putBack(unused);
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
  const watched = new WatchedSimulation(buildMachine({ root, cards }), { tools, libraries });
  await prepare?.(watched.simulation);
  watched.touch();
  return watched;
}

/** Machines are thousands of small files; in memory they are made ten times faster than on a busy disk. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const discard = ({ simulation }: WatchedSimulation): void =>
  rmSync(simulation.root, { recursive: true, force: true });

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
    clock: simulation.clock,
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
            apply: () => behind(() => one.apply()),
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
