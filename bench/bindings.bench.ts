import fc from 'fast-check';
import { Batch, openBindingsModel } from '../packages/service/test/bindings-model.ts';
import { type TestDatabase, testDatabases } from '../packages/service/test/test-store.ts';
import type { Bench } from './bench.ts';

/** Steps in all, over all databases; a million takes hours. */
const steps = Number(process.env.CYBORG_BENCH_STEPS ?? 20_000);
const seed = Number(process.env.CYBORG_BENCH_SEED ?? 1);
const lap = 100;
const present = testDatabases.filter(({ missing }) => missing === undefined);

/** Whoever binds, unbinds, deletes, crashes and restarts at once: any unsound step ends the bench with an error. */
function walk(database: TestDatabase): Bench {
  const share = Math.ceil(steps / present.length);
  return {
    what: `${share} random steps of many clients, conductors that crash and restart, ${database.kind}, none unsound`,
    unit: 'steps/s',
    samples: 1,
    missing: async () => database.missing,
    async measure() {
      const model = await openBindingsModel(database);
      const startedAt = performance.now();
      let done = 0;
      try {
        for (let round = 0; done < share; round += 1)
          for (const batch of fc.sample(Batch, { seed: seed * 1_000_003 + round, numRuns: lap })) {
            await model.happen(batch);
            done += batch.actions.length;
          }
      } catch (error) {
        throw new Error(`${database.kind}, seed ${seed}: unsound after ${done} steps`, { cause: error });
      } finally {
        await model.end();
      }
      return (done * 1000) / (performance.now() - startedAt);
    },
  };
}

export const benches: Readonly<Record<string, Bench>> = Object.fromEntries(
  testDatabases.map((database) => [database.kind, walk(database)]),
);
