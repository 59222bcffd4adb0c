import { type DriverContext, isDriverError, type ProgramRequest } from '@cyborgjs/driver-sdk';
import type { FpgaConfig } from '../config.ts';
import { addressOf, type FpgaCard } from '../fpga-card.ts';
import { loadImage } from '../images/load-image.ts';
import { flashAlveo } from './flash-alveo.ts';
import { flashIntel } from './flash-intel.ts';
import { keepFlash, readFlash } from './flash-record.ts';
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
  const before = await readFlash(store, address, identity);
  if (before === undefined && running === version) return version;
  if (before?.state !== 'written' || before.version !== version) {
    await keepFlash(store, address, { version, state: 'begun', card: identity });
    await writeOrForget(flash.write, () => keepFlash(store, address, before));
    await keepFlash(store, address, { version, state: 'written', card: identity });
  }
  if (load !== undefined && running !== version) await load();
  return version;
}

/** A tool that was busy has not begun. */
async function writeOrForget(write: () => Promise<void>, forget: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (isDriverError(error) && error.code === 'busy') await forget();
    throw error;
  }
}
