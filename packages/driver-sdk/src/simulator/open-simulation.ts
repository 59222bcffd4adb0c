import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { Clock } from '../clock.ts';
import { DriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import type { CardPlan, SimulatedCard } from './card.ts';
import { fallOff, recover, setHealth } from './card-health.ts';
import { createSimulatedMachine } from './create-simulated-machine.ts';
import { changeFaults } from './faults.ts';
import { requireCard, updateCard } from './kernel/find-card.ts';
import { enterKernel, type Kernel } from './kernel/kernel.ts';
import { hold, letGo } from './kernel/processes.ts';
import { plugCard, replaceCard, replugCard, unplugCard } from './plug-card.ts';
import { rebootMachine } from './reboot-machine.ts';
import { advanceClock, createSimulatedClock } from './simulated-clock.ts';
import { simulationFile } from './simulation-state.ts';
import { snapshotTree } from './snapshot-tree.ts';
import { type RecordedAnswer, readRecordedTools, toolsFile } from './tools/run-simulated-tool.ts';
import type { TreeDraft } from './tree/tree-draft.ts';

/** A hand on a simulated machine: what happens to hardware without any driver asking for it. */
export interface Simulation {
  readonly root: string;
  readonly machine: Machine;
  /** Its time, as drivers on it have it. */
  readonly clock: Clock;
  /** Moves its time by milliseconds, forward or, as an operator's hand might, back: pauses and deadlines pass. */
  advanceClock(ms: number): void;
  /** The cards it knows, plugged or not. */
  cards(): readonly SimulatedCard[];
  /** Plugs a new card. */
  plug(card: CardPlan): SimulatedCard;
  /** Plugs again the card that was unplugged at an address. */
  replug(address: string): void;
  /** Pulls out the card at an address, whoever holds it. */
  unplug(address: string): void;
  /** Pulls out the card at an address for good, and plugs another one. */
  replace(address: string, card: CardPlan): SimulatedCard;
  /** The card at an address answers no more, though the kernel still lists it. */
  fallOff(address: string): void;
  /** The card at an address needs a reset. */
  sicken(address: string): void;
  /** The card at an address is well again. */
  recover(address: string): void;
  /**
   * User space takes hold of a function or mediated device: unbinding it blocks until it is let go.
   *
   * @param command of the process that holds it; without one nobody can see who it is
   */
  hold(address: string, command?: string): void;
  letGo(address: string): void;
  /** The vendor's tool reads this from now on in a field of its own: `remapped_rows.pending`. */
  setReading(address: string, field: string, text: string): void;
  /** A line in the kernel's log, without its time. */
  logKernel(text: string): void;
  /** The host starts anew: what only its memory held is gone, and drivers probe every card. */
  reboot(): void;
  /** Writes a file as the kernel or a service would: no rule is applied. */
  setFile(path: string, content: string | Uint8Array): void;
  removeFile(path: string): void;
  /** From now on, reads of a path fail with an errno (`EIO`); `ENOENT` makes it absent. */
  failRead(path: string, errno: string): void;
  failWrite(path: string, errno: string): void;
  /** Ends all failures, those of fallen cards too. */
  clearFailures(): void;
  /** Gives a tool recorded answers; they come before what the simulator makes up. */
  setTool(tool: string, answers: readonly RecordedAnswer[]): void;
  /** Everything that a driver could see, by path, to compare before with after. */
  snapshot(): Readonly<Record<string, string>>;
}

/** Takes hold of a simulated machine that was built before, in this process or another. */
export function openSimulation(root: string): Simulation {
  if (!existsSync(root + simulationFile)) {
    throw new DriverError('not_found', `there is no simulated machine in ${root}`, {
      hint: `Build one with buildMachine: it leaves ${simulationFile} there.`,
    });
  }
  const enter = <Result>(work: (kernel: Kernel) => Result): Result => enterKernel(root, work);
  return {
    root,
    machine: createSimulatedMachine({ root }),
    clock: createSimulatedClock(root),
    advanceClock: (ms) => advanceClock(root, ms),
    cards: () => enter(({ state }) => state.cards),
    plug: (card) => enter((kernel) => plugCard(kernel, card)),
    replug: (address) => enter((kernel) => replugCard(kernel, address)),
    unplug: (address) => enter((kernel) => unplugCard(kernel, address)),
    replace: (address, card) => enter((kernel) => replaceCard(kernel, address, card)),
    fallOff: (address) => fallOff(root, address),
    sicken: (address) => enter((kernel) => setHealth(kernel, address, 'sick')),
    recover: (address) => recover(root, address),
    hold: (address, command) => enter((kernel) => hold(kernel, address, command)),
    letGo: (address) => enter((kernel) => letGo(kernel, address)),
    setReading: (address, field, text) =>
      enter((kernel) => {
        const card = requireCard(kernel, address);
        updateCard(kernel, card, { ...card, readings: { ...card.readings, [field]: text } });
      }),
    logKernel: (text) => enter((kernel) => kernel.update({ kernelLog: [...kernel.state.kernelLog, text] })),
    reboot: () => enter(rebootMachine),
    setFile: (path, content) => enter(({ tree }) => writeContent(tree, realPath(root, path), content)),
    removeFile: (path) => enter(({ tree }) => tree.remove(realPath(root, path))),
    failRead: (path, errno) => addFault(root, 'reads', { path, errno }),
    failWrite: (path, errno) => addFault(root, 'writes', { path, errno }),
    clearFailures: () => changeFaults(root, () => ({ reads: {}, writes: {} })),
    setTool: (tool, answers) => {
      const tools = { ...readRecordedTools(root), [tool]: answers };
      writeFileSync(root + toolsFile, JSON.stringify(tools, undefined, 1));
    },
    snapshot: () => snapshotTree(root),
  };
}

function writeContent(tree: TreeDraft, path: string, content: string | Uint8Array): void {
  if (typeof content === 'string') tree.write(path, content);
  else tree.write(path, Buffer.from(content).toString('latin1'), { binary: true });
}

interface Fault {
  readonly path: string;
  readonly errno: string;
}

function addFault(root: string, kind: 'reads' | 'writes', { path, errno }: Fault): void {
  const at = realPath(root, path);
  changeFaults(root, (faults) => ({ ...faults, [kind]: { ...faults[kind], [at]: errno } }));
}

/** The path without links above its last segment. */
function realPath(root: string, path: string): string {
  const directory = posix.dirname(path);
  if (!existsSync(root + directory)) return path;
  const above = realpathSync(root + directory).slice(realpathSync(root).length);
  return `${above}/${posix.basename(path)}`;
}
