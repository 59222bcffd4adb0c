import type { RunResult } from '../../machine.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** A vendor's tool as a function of the machine: what it prints, and what it does to the tree. */
export type SimulatedTool = (kernel: Kernel, args: readonly string[]) => RunResult;

/** A run that prints to standard output and ends well unless told otherwise. */
export function printed(out: string, code = 0): RunResult {
  return { code, out, err: '' };
}
