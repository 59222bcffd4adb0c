import { z } from 'zod';
import { defineDriver, definePort } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

const Card = z.strictObject({ card: z.string() });

const acmeml = definePort({
  reads: {
    mode: { argument: Card, result: z.strictObject({ mode: z.string(), calls: z.number() }) },
    wait: { argument: z.strictObject({}), result: z.string() },
  },
  writes: { setMode: Card.extend({ mode: z.string() }), waitWell: Card },
  open: () => import('./acme-library.ts'),
});

/** A library that is an addon, if not a good one. */
const addon = definePort({
  reads: { version: { argument: z.strictObject({}), result: z.string() } },
  writes: {},
  open: () => {
    process.dlopen({ exports: {} }, '/dev/null');
    return { version: () => '1' };
  },
});

/** Calls its libraries as the options of its requests say, and answers with what the card's mode then is. */
export default defineDriver({
  ...quietDriver,
  ports: { acmeml, addon },
  discover: async ({ ports }) => {
    await ports.acmeml.setMode({ card: 'handle-0', mode: 'found' });
    return [];
  },
  status: async ({ ports }, { handle }) =>
    (await ports.acmeml.mode({ card: handle.id })).mode === 'guest' ? 'attached' : 'detached',
  attach: async ({ ports }, { handle, options }) => {
    if (options.does === 'open the addon') await ports.addon.version({});
    if (options.does === 'wait') await ports.acmeml.wait({});
    if (options.does === 'wait well') await ports.acmeml.waitWell({ card: handle.id });
    else await ports.acmeml.setMode({ card: options.card ?? handle.id, mode: options.mode ?? 'guest' });
    const { mode, calls } = await ports.acmeml.mode({ card: handle.id });
    return { type: handle.type, info: { mode, calls: String(calls) } };
  },
  detach: async ({ ports }, { handle }) => ports.acmeml.setMode({ card: handle.id, mode: 'host' }),
});
