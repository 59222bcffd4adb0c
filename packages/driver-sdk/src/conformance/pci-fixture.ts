import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../machine.ts';
import { buildMachine } from '../simulator/build-machine.ts';
import type { CardPlan } from '../simulator/card.ts';
import type { Simulation } from '../simulator/open-simulation.ts';
import { differenceOf, type MachineState } from './bench.ts';
import type { ConformanceFixture, Disturbance, StagedMachine } from './conformance-subject.ts';

interface PciFixtureOptions extends Pick<ConformanceFixture, 'name' | 'config' | 'devices'> {
  readonly cards: readonly CardPlan[];
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
  const { name, config, devices, cards, moved, bare, scaled } = options;
  const pool = createMachinePool(cards);
  return {
    name,
    config,
    devices,
    stage: async () => pool.take(),
    close: async () => pool.close(),
    ...(moved === undefined ? {} : { moved: async () => buildOnce(moved) }),
    ...(bare === undefined ? {} : { bare: async () => buildOnce(bare) }),
    ...(scaled === undefined ? {} : { scaled: async (count) => buildOnce(scaled(count)) }),
  };
}

/** Machines of one plan: one that comes back exactly as it was made is given out again, which saves most of the time. */
function createMachinePool(cards: readonly CardPlan[]) {
  const idle: WatchedSimulation[] = [];
  let pristine: MachineState | undefined;
  const make = (): WatchedSimulation => {
    const watched = watchSimulation(build(cards));
    pristine ??= watched.state();
    return watched;
  };
  return {
    take(): StagedMachine {
      const watched = idle.pop() ?? make();
      return stageMachine(watched, () => {
        if (pristine !== undefined && differenceOf(pristine, watched.state()) === undefined)
          idle.push(watched);
        else discard(watched);
      });
    },
    close(): void {
      for (const watched of idle.splice(0)) discard(watched);
    },
  };
}

function buildOnce(cards: readonly CardPlan[]): StagedMachine {
  const watched = watchSimulation(build(cards));
  return stageMachine(watched, () => discard(watched));
}

function build(cards: readonly CardPlan[]): Simulation {
  return buildMachine({ root: mkdtempSync(join(scratch, 'cyborg-conformance-')), cards });
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

function watchSimulation(simulation: Simulation): WatchedSimulation {
  const { machine } = simulation;
  const answers = new Map<string, Promise<unknown>>();
  let state: MachineState | undefined;
  const touch = (): void => {
    state = undefined;
    answers.clear();
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
  return {
    simulation,
    machine: {
      read: (path) => once('read', path, () => machine.read(path)),
      readBytes: (path) => once('readBytes', path, () => machine.readBytes(path)),
      list: (path) => once('list', path, () => machine.list(path)),
      link: (path) => once('link', path, () => machine.link(path)),
      resolve: (path) => once('resolve', path, () => machine.resolve(path)),
      write: (path, text) => changing(() => machine.write(path, text)),
      run: (tool, args, options) => changing(() => machine.run(tool, args, options)),
    },
    state: () => {
      state ??= new Map(Object.entries(simulation.snapshot()));
      return state;
    },
    touch,
  };
}

function stageMachine(watched: WatchedSimulation, onDispose: () => void): StagedMachine {
  const { simulation, machine } = watched;
  return {
    machine,
    state: async () => watched.state(),
    unplug: async (address) => {
      const physical = await machine.link(`/sys/bus/pci/devices/${address}/physfn`);
      simulation.unplug(physical ?? address);
      watched.touch();
    },
    disturbances: (handleId) => disturbancesOf(machine, handleId),
    dispose: async () => onDispose(),
  };
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
