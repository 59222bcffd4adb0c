import { defineDriver } from '../../../src/index.ts';
import { cardNumber, quietDriver } from '../quiet-driver.ts';

const dayMs = 86_400_000;

/** A card that is degraded a day after it was checked; attaching it takes a day, and to ask for its status for ever. */
export default defineDriver({
  ...quietDriver,
  discover: async ({ sys, now }) => {
    const checkedAt = Number(await sys.read('/cards/checked'));
    const isOld = now() - checkedAt >= dayMs;
    const health = isOld ? { state: 'degraded' as const, reason: 'checked a day ago' } : cardNumber(0).health;
    return [{ ...cardNumber(0), health }];
  },
  attach: async ({ pause }, { handle }) => {
    await pause(dayMs);
    return { type: handle.type, info: {} };
  },
  status: async ({ pause }) => {
    await pause(1_000_000 * dayMs);
    return 'detached';
  },
});
