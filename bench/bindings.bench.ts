import fc from 'fast-check';
import { Batch, openBindingsModel } from '../packages/service/test/bindings-model.ts';
import { type TestDatabase, testDatabases } from '../packages/service/test/test-store.ts';
import type { Bench } from './bench.ts';

/** Steps in all, over all databases; a million takes hours. */
const steps = Number(process.env.CYBORG_BENCH_STEPS ?? 20_000);
const seed = Number(process.env.CYBORG_BENCH_SEED ?? 1);
const lap = 100;
/** Steps between two words of how far it is. */
const between = 10_000;
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
      const perSecond = () => (done * 1000) / (performance.now() - startedAt);
      let done = 0;
      let told = 0;
      try {
        for (let round = 0; done < share; round += 1)
          for (const batch of fc.sample(Batch, { seed: seed * 1_000_003 + round, numRuns: lap })) {
            await model.happen(batch);
            done += batch.actions.length;
            if (done - told < between) continue;
            told = done;
            console.error(`    ${done} steps, ${perSecond().toFixed(0)} steps/s`);
          }
      } catch (error) {
        throw new Error(`${database.kind}, seed ${seed}: unsound after ${done} steps`, { cause: error });
      } finally {
        await model.end();
      }
      return perSecond();
    },
  };
}

export const benches: Readonly<Record<string, Bench>> = Object.fromEntries(
  testDatabases.map((database) => [database.kind, walk(database)]),
);
