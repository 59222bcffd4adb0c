import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { defineDriver } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

/** Never looks at its signal; may ignore SIGTERM too. */
export default defineDriver({
  ...quietDriver,
  config: z.strictObject({ attachMs: z.number(), ignoreTermination: z.boolean().default(false) }),
  attach: async ({ config }, { handle }) => {
    if (config.ignoreTermination) process.on('SIGTERM', () => {});
    await delay(config.attachMs);
    return { type: handle.type, info: { late: 'yes' } };
  },
});
