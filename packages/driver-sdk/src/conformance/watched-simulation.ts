import { partOf } from '../machine/part-of.ts';
import { invokeIn } from '../machine/with-libraries.ts';
import type { Machine, RunOptions, RunResult } from '../machine.ts';
import { createSimulatedMachine } from '../simulator/create-simulated-machine.ts';
import { type SimulatedFaults, watchFaults } from '../simulator/faults.ts';
import type { Simulation } from '../simulator/open-simulation.ts';
import { copyTree, restoreTree, type TreeCopy } from '../simulator/restore-tree.ts';
import { createTreeReader, snapshotAfter } from '../simulator/snapshot-tree.ts';
import { differenceOf, type MachineState } from './bench.ts';
import { type Known, StateReader } from './state-reader.ts';

/** A vendor's tool on a simulated machine: what it prints, and what it does there. Ends early when its signal aborts. */
export type FixtureTool = (
  simulation: Simulation,
  args: readonly string[],
  options: RunOptions,
) => RunResult | Promise<RunResult>;

/** A double of a vendor's library on a simulated machine: its functions by name, as a port declares them. */
export type FixtureLibrary = (simulation: Simulation) => object;

/** What a vendor ships, as it is on a simulated machine. */
interface VendorDoubles {
  /** By absolute path. */
  readonly tools?: Readonly<Record<string, FixtureTool>>;
  /** By the name of their port. */
  readonly libraries?: Readonly<Record<string, FixtureLibrary>>;
}

/**
 * A simulated machine whose files are read only when something may have changed them: what the simulator changes it
 * tells itself, anything else is announced by `touch`.
 */
export class WatchedSimulation {
  readonly simulation: Simulation;
  /** The machine as a driver uses it. */
  readonly machine: Machine;
  readonly #tools: Readonly<Record<string, FixtureTool>>;
  readonly #invoke: Machine['invoke'];
  readonly #simulated: Machine;
  readonly #readTree: () => MachineState;
  readonly #faults: () => SimulatedFaults;
  #state: MachineState | undefined;
  /** Of the state, while it is known; undefined as well while there are faults, which only the machine knows. */
  #reader: StateReader | undefined;
  #isUsed = true;
  #timesPutBack = 0;

  constructor(simulation: Simulation, { tools = {}, libraries = {} }: VendorDoubles = {}) {
    this.simulation = simulation;
    this.#tools = tools;
    this.#invoke = doublesOn(simulation, libraries);
    this.#readTree = createTreeReader(simulation.root);
    this.#faults = watchFaults(simulation.root);
    this.#simulated = createSimulatedMachine({
      root: simulation.root,
      onChanges: (changes) => {
        this.#isUsed = true;
        if (this.#state !== undefined) this.#know(snapshotAfter(this.#state, changes));
      },
    });
    this.machine = this.#watchMachine();
  }

  /** Everything that a driver could see on it now. */
  state(): MachineState {
    return this.#state ?? this.#know(this.#readTree());
  }

  /** Says that something may have changed. */
  touch(): void {
    this.#state = undefined;
    this.#reader = undefined;
    this.#isUsed = true;
  }

  /** Takes down how it is now, for `putBack`. */
  copy(): TreeCopy {
    return copyTree(this.simulation.root, this.state());
  }

  /** Makes it again what it was; throws if then anything had come past the seam. */
  putBack(copy: TreeCopy): void {
    const believed = this.#state;
    const found = believed === undefined || this.#isTimeToLook() ? this.#readTree() : believed;
    if (this.#isUsed || believed === undefined || differenceOf(believed, found) !== undefined)
      restoreTree(this.simulation.root, copy, found);
    this.#know(copy.seen);
    this.#isUsed = false;
    const difference = believed === undefined ? undefined : differenceOf(believed, found);
    if (difference !== undefined)
      throw new Error(
        `files of the machine were changed past the seam: ${difference}; a driver changes them by ctx.sys only`,
      );
  }

  /**
   * Whether to compare with the disk, which takes as long as a good part of a trial. What comes past the seam stays
   * there until it is seen, so that now and then is enough.
   */
  #isTimeToLook(): boolean {
    this.#timesPutBack += 1;
    return this.#timesPutBack <= 16 || this.#timesPutBack % 8 === 0;
  }

  #know(state: MachineState): MachineState {
    this.#state = state;
    this.#reader = Object.keys(this.#faults().reads).length === 0 ? new StateReader(state) : undefined;
    return state;
  }

  #watchMachine(): Machine {
    const machine = this.#simulated;
    return {
      read: async (path) => answerOf(this.#reader?.read(path), () => machine.read(path)),
      readBytes: async (path, part) =>
        partOf(await answerOf(this.#reader?.readBytes(path), () => machine.readBytes(path)), part),
      list: async (path) => answerOf(this.#reader?.list(path), () => machine.list(path)),
      link: async (path) => answerOf(this.#reader?.link(path), () => machine.link(path)),
      resolve: async (path) => answerOf(this.#reader?.resolve(path), () => machine.resolve(path)),
      write: (path, text) => machine.write(path, text),
      run: (tool, args, options) => this.#run(tool, args, options),
      // What is said to look only may not.
      invoke: (use, options) => this.#changing(() => this.#invoke(use, options)),
    };
  }

  async #run(tool: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const program = this.#tools[tool];
    if (program === undefined) return this.#simulated.run(tool, args, options);
    return this.#changing(
      async () =>
        (await program(this.simulation, args, options)) ?? (await this.#simulated.run(tool, args, options)),
    );
  }

  /** Does what may change files without telling. */
  async #changing<Result>(work: () => Promise<Result>): Promise<Result> {
    this.touch();
    try {
      return await work();
    } finally {
      this.touch();
    }
  }
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

function answerOf<Result>(
  known: Known<Result>,
  ask: () => Promise<Result | undefined>,
): Result | undefined | Promise<Result | undefined> {
  return known === undefined ? ask() : known.answer;
}
