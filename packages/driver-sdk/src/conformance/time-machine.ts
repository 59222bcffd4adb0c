import type { Machine } from '../machine.ts';

/** A machine and what its answers have cost. */
export interface TimedMachine {
  readonly machine: Machine;
  /** Milliseconds that it has worked until now. */
  workedMs(): number;
}

/**
 * Tells a machine's work from that of its user. A simulated machine reads its files before it returns the promise of
 * the answer; what comes later, as from a tool, is not counted: meanwhile its user works too.
 */
export function timeMachine(machine: Machine, now: () => number): TimedMachine {
  let workedMs = 0;
  const timed = <Result>(work: () => Result): Result => {
    const startedAt = now();
    try {
      return work();
    } finally {
      workedMs += now() - startedAt;
    }
  };
  return {
    workedMs: () => workedMs,
    machine: {
      read: (path) => timed(() => machine.read(path)),
      readBytes: (path, part) => timed(() => machine.readBytes(path, part)),
      list: (path) => timed(() => machine.list(path)),
      link: (path) => timed(() => machine.link(path)),
      resolve: (path) => timed(() => machine.resolve(path)),
      write: (path, text) => timed(() => machine.write(path, text)),
      run: (tool, args, options) => timed(() => machine.run(tool, args, options)),
      invoke: (use, options) => timed(() => machine.invoke(use, options)),
    },
  };
}
