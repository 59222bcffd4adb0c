import { scheduler } from 'node:timers/promises';

/** Milliseconds until something is so, looked at again and again; throws when it is not so in time. */
export async function timeUntil(isSo: () => Promise<boolean>, withinMs: number): Promise<number> {
  const startedAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAt > withinMs) throw new Error(`not so within ${withinMs} ms`);
    await scheduler.wait(20);
  }
  return Math.round(performance.now() - startedAt);
}
