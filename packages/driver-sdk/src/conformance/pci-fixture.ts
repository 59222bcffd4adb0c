import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { buildMachine } from '../simulator/build-machine.ts';
import type { CardPlan } from '../simulator/card.ts';
import type { Simulation } from '../simulator/open-simulation.ts';
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
  const idle: Simulation[] = [];
  let pristine: Readonly<Record<string, string>> | undefined;
  const make = (): Simulation => {
    const simulation = build(cards);
    pristine ??= simulation.snapshot();
    return simulation;
  };
  return {
    take(): StagedMachine {
      const simulation = idle.pop() ?? make();
      return stageMachine(simulation, () => {
        if (isDeepStrictEqual(simulation.snapshot(), pristine)) idle.push(simulation);
        else discard(simulation);
      });
    },
    close(): void {
      for (const simulation of idle.splice(0)) discard(simulation);
    },
  };
}

function buildOnce(cards: readonly CardPlan[]): StagedMachine {
  const simulation = build(cards);
  return stageMachine(simulation, () => discard(simulation));
}

function build(cards: readonly CardPlan[]): Simulation {
  return buildMachine({ root: mkdtempSync(join(scratch, 'cyborg-conformance-')), cards });
}

/** Machines are thousands of small files; in memory they are made ten times faster than on a busy disk. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const discard = ({ root }: Simulation): void => rmSync(root, { recursive: true, force: true });

function stageMachine(simulation: Simulation, onDispose: () => void): StagedMachine {
  return {
    machine: simulation.machine,
    state: async () => new Map(Object.entries(simulation.snapshot())),
    unplug: async (address) => simulation.unplug(address),
    disturbances: (handleId) => disturbancesOf(simulation, handleId),
    dispose: async () => onDispose(),
  };
}

function disturbancesOf({ machine }: Simulation, address: string): readonly Disturbance[] {
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
