import { defineDriver } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

export default defineDriver({
  ...quietDriver,
  discover: async () => {
    const hoard: unknown[] = [];
    for (;;) {
      hoard.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
      await new Promise(setImmediate);
    }
  },
});
