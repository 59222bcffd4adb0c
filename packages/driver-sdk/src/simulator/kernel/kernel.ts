import { SimulationState, simulationFile } from '../simulation-state.ts';
import { changeTree } from '../tree/change-tree.ts';
import type { TreeChanges, TreeDraft } from '../tree/tree-draft.ts';

/** A system call refused as the kernel refuses it; its `code` is the errno. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  readonly code: string;

  constructor(code: string, why: string) {
    super(`${code}: ${why}`);
    this.code = code;
  }
}

/** Thrown by a rule whose system call would not return yet: user space still holds the device. */
export class KernelBlocked extends Error {
  override readonly name = 'KernelBlocked';
}

/** The simulated kernel during one system call: the files it will leave, and what it knows. */
export class Kernel {
  readonly tree: TreeDraft;
  #state: SimulationState | undefined;
  #changed: boolean;

  /** @param state what a machine knows that is being built; otherwise it is read from the tree */
  constructor(tree: TreeDraft, state?: SimulationState) {
    this.tree = tree;
    this.#state = state;
    this.#changed = state !== undefined;
  }

  get state(): SimulationState {
    this.#state ??= parseState(this.tree.read(simulationFile) ?? '{}');
    return this.#state;
  }

  /** Replaces parts of what the kernel knows. */
  update(change: Partial<SimulationState>): void {
    this.#state = { ...this.state, ...change };
    this.#changed = true;
  }

  /** Puts what it knows among the files, where it changed. */
  save(): void {
    if (this.#changed) this.tree.write(simulationFile, `${JSON.stringify(this.state, undefined, 1)}\n`);
  }
}

/** What was parsed last, by its text: most system calls find the text that the one before has left. */
const parsed = new Map<string, SimulationState>();
const mostParsed = 16;

function parseState(text: string): SimulationState {
  const state = parsed.get(text) ?? SimulationState.parse(JSON.parse(text));
  parsed.delete(text);
  parsed.set(text, state);
  for (const oldest of parsed.keys()) if (parsed.size > mostParsed) parsed.delete(oldest);
  return state;
}

/** Does one thing with a simulated machine's kernel, wholly or not at all. */
export function enterKernel<Result>(
  root: string,
  work: (kernel: Kernel) => Result,
  onChanges?: (changes: TreeChanges) => void,
): Result {
  const enter = (tree: TreeDraft): Result => {
    const kernel = new Kernel(tree);
    const result = work(kernel);
    kernel.save();
    return result;
  };
  return changeTree(root, enter, onChanges);
}
