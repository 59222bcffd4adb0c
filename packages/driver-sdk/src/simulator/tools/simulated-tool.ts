import type { RunResult } from '../../machine.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** How far a tool has come: to its end, or to where it can still be cut off before it finishes. */
export interface SimulatedRun extends RunResult {
  /** The rest of the run, in another system call; what it prints comes behind, its exit status counts. */
  readonly finish?: (kernel: Kernel) => RunResult;
}

/** A vendor's tool as a function of the machine: what it prints, and what it does to the tree. */
export type SimulatedTool = (kernel: Kernel, args: readonly string[]) => SimulatedRun;

/** A run that prints to standard output and ends well unless told otherwise. */
export function printed(out: string, code = 0): RunResult {
  return { code, out, err: '' };
}

/** A run that failed, with what it says on standard error. */
export function failedWith(code: number, err: string, out = ''): RunResult {
  return { code, out, err };
}
