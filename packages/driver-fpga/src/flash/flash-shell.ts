import type { DriverErrorCode } from '@cyborgjs/core';
import { type DriverContext, isDriverError, type ProgramRequest } from '@cyborgjs/driver-sdk';
import type { FpgaConfig } from '../config.ts';
import { addressOf, type FpgaCard } from '../fpga-card.ts';
import { loadImage } from '../images/load-image.ts';
import { flashAlveo } from './flash-alveo.ts';
import { flashIntel } from './flash-intel.ts';
import { isFresh, keepBegun, keepFlash, readFlash } from './flash-record.ts';
import type { ShellFlash } from './shell-flash.ts';

/**
 * Writes a shell into the flash of a card: from then on the card needs it to start. Nothing is written when the card
 * runs it already; what it is about to do is kept before it is done, so that after any crash the card is not called well.
 */
export async function flashShell(
  context: DriverContext<FpgaConfig>,
  card: FpgaCard,
  { request, identity }: { readonly request: ProgramRequest; readonly identity: string | null },
): Promise<string> {
  const { store } = context;
  const address = addressOf(card);
  const image = await loadImage(context.sys, request);
  const flash: ShellFlash =
    card.family === 'intel'
      ? await flashIntel(context, { card, image, request })
      : await flashAlveo(context, { card, image, request });
  const { version, running, load } = flash;
  const begun = { version, state: 'begun', card: identity } as const;
  const before = await readFlash(store, address, identity);
  if (before === undefined && running === version) return version;
  // What was written before the machine was started, and does not run, was not taken: it is written again.
  const isThere = before?.state === 'written' && (await isFresh(store, address, version));
  if (!isThere) {
    // Cancelled before the section begins, nothing was.
    await context.critical(flash.writeMs, async () => {
      await writeOrForget(flash.write, await keepBegun(store, address, begun));
    });
    await keepFlash(store, address, { version, state: 'written', card: identity });
  }
  if (load !== undefined && running !== version)
    await loadOrDoubt(load, () => keepFlash(store, address, begun));
  return version;
}

/** A card that does not run what was written may not have it. */
async function loadOrDoubt(load: () => Promise<void>, doubt: () => Promise<void>): Promise<void> {
  try {
    await load();
  } catch (error) {
    if (isDriverError(error) && error.code === 'hardware') await doubt();
    throw error;
  }
}

/** Ends of a tool that has not begun: it is not there or not allowed, it was busy, it did not like what it was told. */
const notBegun: readonly DriverErrorCode[] = ['busy', 'denied', 'invalid', 'unsupported'];

async function writeOrForget(write: () => Promise<void>, forget: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (isDriverError(error) && notBegun.includes(error.code)) await forget();
    throw error;
  }
}
