import { z } from 'zod';
import { DriverError, defineDriver } from '../../../src/index.ts';
import { cardNumber, quietDriver } from '../quiet-driver.ts';

const config = z.object({
  cards: z.int().nonnegative().default(1),
  limits: z.object({ perCard: z.int().default(1) }).optional(),
});

/** Each card is a file `/cards/<n>` that holds the name of its consumer. */
export default defineDriver({
  ...quietDriver,
  config,
  discover: async ({ config, log }) => {
    log.info('looks around', { cards: config.cards });
    console.log('found cards');
    return Array.from({ length: config.cards }, (_, number) => cardNumber(number));
  },
  status: async ({ sys }, { handle }) => {
    const holder = await sys.read(`/cards/${handle.id}`);
    return holder === undefined || holder.trim() === '' ? 'detached' : 'attached';
  },
  attach: async ({ sys }, { handle, consumer }) => {
    if ((await sys.read(`/cards/${handle.id}`)) === undefined) {
      throw new DriverError('not_found', `no handle ${handle.id}`, {
        device: handle.id,
        hint: 'Look again.',
        cause: new Error('the slot is empty'),
      });
    }
    await sys.write(`/cards/${handle.id}`, `${consumer.id}\n`);
    return { type: handle.type, info: { id: handle.id } };
  },
  detach: async ({ sys }, { handle }) => sys.write(`/cards/${handle.id}`, '\n'),
  install: async ({ sys }) => {
    await sys.write('/etc/passwd', 'no');
    return cardNumber(0);
  },
  stats: async (_context, devices) =>
    Object.fromEntries(
      devices.map(({ identity }) => [
        identity,
        identity === 'card-7' ? { temperature: 40, magic: 1 } : { temperature: 40 },
      ]),
    ),
  async *watch({ signal }) {
    yield { type: 'rescan', reason: 'a card was plugged in' };
    yield { type: 'health', device: 'card-0', health: { state: 'failed', reason: 'it is hot' } };
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  },
});
