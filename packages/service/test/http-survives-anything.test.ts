import { describe, expect, it } from 'vitest';
import { fuzzHttp } from './fuzz/fuzz-http.ts';
import { suiteName, testDatabases } from './test-store.ts';

const requests = 1_000;
/** Above what the first lap has settled to: buffers of the engine, caches of statements. */
const mostGrowthMiB = 120;

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('the HTTP API', database), () => {
    it('answers whatever it is sent, soon and without a 5xx, and keeps nothing of it', async () => {
      const { findings, statuses, residentMiB } = await fuzzHttp({ database, requests, seed: 20_260_101 });
      expect(findings).toEqual([]);
      const answered = (status: number) => statuses[status] ?? 0;
      // Not all of it is refused: otherwise little would have been tried.
      expect(answered(200) + answered(201) + answered(202) + answered(204)).toBeGreaterThan(requests / 6);
      expect(residentMiB[1] - residentMiB[0]).toBeLessThan(mostGrowthMiB);
    }, 120_000);
  });
});
