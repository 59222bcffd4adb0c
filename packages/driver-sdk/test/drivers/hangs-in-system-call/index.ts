import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { defineDriver } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

/** Reads a FIFO into which nobody writes: the process sits in open(2). */
export default defineDriver({
  ...quietDriver,
  config: z.strictObject({ fifo: z.string() }),
  discover: async ({ config }) => {
    readFileSync(config.fifo);
    return [];
  },
});
