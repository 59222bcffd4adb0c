import { z } from 'zod';
import { attachPci, DriverError, defineDriver, detachPci, statusPci } from '../../src/index.ts';
import { acmeml } from './acme-library.ts';
import {
  describeCard,
  describeFound,
  findCards,
  flash,
  readImage,
  readSensors,
  requireCard,
  requireFree,
  requireHandle,
  requireUnattached,
  setMode,
  setPowerLimit,
  wholeVersion,
} from './acme-steps.ts';

export const AcmeConfig = z.strictObject({
  signingKey: z
    .string()
    .min(8)
    .default('acme-default')
    .meta({ writeOnly: true })
    .describe('The key that images are signed with.'),
});
export type AcmeConfig = z.output<typeof AcmeConfig>;

/** What a card may draw for a guest, and for the host. */
const guestWatts = 250;
const hostWatts = 300;

/** A driver with every verb, for cards of a made-up vendor: the faulty ones are this with one mistake each. */
export const acmeDriver = defineDriver({
  config: AcmeConfig,
  ports: { acmeml },

  discover: async (context) => {
    const devices = [];
    for (const fn of await findCards(context)) devices.push(await describeFound(context.sys, fn));
    return devices;
  },

  status: ({ sys }, request) => statusPci(sys, request),

  attach: async (context, request) => {
    const address = await requireCard(context, request.device);
    await requireHandle(context, address, request.handle.id);
    await requireFree(context.sys, address);
    return attachPci(context.sys, request);
  },

  detach: ({ sys }, request) => detachPci(sys, request),

  install: async (context, { device }) => {
    const address = await requireCard(context, device);
    await setMode(context, address, 'guest');
    await setPowerLimit(context, address, guestWatts);
    return describeCard(context, address);
  },

  uninstall: async (context, { device }) => {
    const address = await requireCard(context, device);
    await setPowerLimit(context, address, hostWatts);
    await setMode(context, address, 'host');
  },

  program: async (context, { device, image }) => {
    const { sys, dryRun, progress } = context;
    const version = await readImage(context, image);
    const address = await requireCard(context, device);
    await requireUnattached(context, address);
    if ((await wholeVersion(sys, address)) !== version) {
      await flash(context, address, image);
      const found = await wholeVersion(sys, address);
      if (!dryRun && found !== version)
        throw new DriverError(
          'hardware',
          `after ${version} was flashed the card has ${found ?? 'no whole image'}`,
        );
    }
    progress(1);
    return { version };
  },

  stats: async ({ sys }, devices) => {
    const readings: Record<string, Record<string, number>> = {};
    for (const { identity, address } of devices) readings[identity] = await readSensors(sys, address);
    return readings;
  },
});

export default acmeDriver;
