import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Batch, type BindingsModel, openBindingsModel } from './bindings-model.ts';
import { suiteName, testDatabases } from './test-store.ts';

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('bindings', database), () => {
    let model: BindingsModel;
    beforeAll(async () => {
      model = await openBindingsModel(database);
    });
    afterAll(() => model.end());

    it('never share a handle nor lose one, whoever does what at once and dies in between', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(Batch, { minLength: 1, maxLength: 8 }), async (batches) => {
          for (const batch of batches) await model.happen(batch);
        }),
        { numRuns: 20 },
      );
    }, 240_000);
  });
});
