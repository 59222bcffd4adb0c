import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Machine } from '../machine.ts';

/**
 * A machine whose answers come in changing order when several are waited for: each waits for zero to three turns of
 * the event loop. Which one how long follows from the seed alone, so that a run can be repeated.
 */
export function jitterMachine(machine: Machine, seed = 1): Machine {
  let state = seed;
  const turns = (): number => {
    // Numerical Recipes' linear congruential generator; its high bits are random enough.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 30;
  };
  const late = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    for (let left = turns(); left > 0; left -= 1) await nextTurn();
    return work();
  };
  return {
    read: (path) => late(() => machine.read(path)),
    readBytes: (path, part) => late(() => machine.readBytes(path, part)),
    list: (path) => late(() => machine.list(path)),
    link: (path) => late(() => machine.link(path)),
    resolve: (path) => late(() => machine.resolve(path)),
    write: (path, text) => late(() => machine.write(path, text)),
    run: (tool, args, options) => late(() => machine.run(tool, args, options)),
    invoke: (use, options) => late(() => machine.invoke(use, options)),
  };
}
