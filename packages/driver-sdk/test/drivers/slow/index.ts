import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { defineDriver } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

/** Each attach takes a while; flashing takes longer, and nothing may cut it off. */
export default defineDriver({
  ...quietDriver,
  config: z.strictObject({
    attachMs: z.number().default(100),
    flashMs: z.number().default(1000),
    capMs: z.number().default(10_000),
    blocks: z.boolean().default(false),
    stallMs: z.number().default(0),
  }),
  attach: async ({ config, signal }, { handle }) => {
    await delay(config.attachMs, undefined, { signal });
    return { type: handle.type, info: { endedAt: String(Date.now()) } };
  },
  program: async ({ config, critical, progress, signal }) => {
    progress(0.1, 'erasing');
    progress(-1);
    await delay(config.stallMs, undefined, { signal });
    await critical(config.capMs, async () => {
      const end = performance.now() + config.flashMs;
      if (config.blocks) while (performance.now() < end);
      else
        for (let step = 2; performance.now() < end; step++) {
          progress(step / 1000, 'writing');
          await delay(60);
        }
    });
    progress(1, 'done');
    return { version: '2.0' };
  },
});
