import { defineDriver } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

const line = `${'x'.repeat(200)}\n`;

/** Writes as much as it can, in every way it has, as long as it lives. */
export default defineDriver({
  ...quietDriver,
  discover: async ({ log, progress }) => {
    for (let round = 0; ; round++) {
      process.stdout.write(line.repeat(100));
      process.stderr.write(`${'y'.repeat(100_000)}`);
      for (let time = 0; time < 100; time++) log.info(line);
      progress((round % 1000) / 1000);
      await new Promise(setImmediate);
    }
  },
});
