import type { Health } from '@cyborgjs/core';
import type { DriverStore } from '@cyborgjs/driver-sdk';
import { z } from 'zod';

const FlashRecord = z.object({
  /** What the shell was to be. */
  version: z.string(),
  /** `begun`: nobody saw it end. `written`: the flash holds it, whatever the card runs now. */
  state: z.enum(['begun', 'written']),
  /** Identity of the card, null where it could not be read: a swapped card has nothing of it. */
  card: z.string().nullable(),
});

/**
 * What is known of the last flash of a card. The card itself does not show it: it runs on with its old shell until it
 * loads its flash, whatever is in there.
 */
export type FlashRecord = z.output<typeof FlashRecord>;

type Memory = Pick<DriverStore, 'get' | 'set' | 'delete'>;

/** The record of the card at an address; undefined when there is none, or it is another card's. */
export async function readFlash(
  store: Memory,
  address: string,
  identity: string | null,
): Promise<FlashRecord | undefined> {
  const { data } = FlashRecord.safeParse(await store.get(keyOf(address)));
  const isOther = data?.card != null && identity !== null && data.card !== identity;
  return isOther ? undefined : data;
}

/** Whether a shell was written since the machine was started, so that nothing could have loaded it yet but the card. */
export async function isFresh(store: Memory, address: string, version: string): Promise<boolean> {
  return (await store.get(freshKeyOf(address))) === version;
}

/** Keeps the record of the card at an address; undefined forgets it. */
export async function keepFlash(
  store: Memory,
  address: string,
  record: FlashRecord | undefined,
): Promise<void> {
  if (record === undefined) await store.delete(keyOf(address));
  else await store.set(keyOf(address), record);
  if (record?.state === 'written') await store.set(freshKeyOf(address), record.version, { until: 'reboot' });
  else await store.delete(freshKeyOf(address));
}

/**
 * Keeps that a flash begins. What it resolves to takes that back, where nothing was written: what stood there before
 * stands there again, and no newer than it was.
 */
export async function keepBegun(
  store: Memory,
  address: string,
  record: FlashRecord & { readonly state: 'begun' },
): Promise<() => Promise<void>> {
  const [before, fresh] = [await store.get(keyOf(address)), await store.get(freshKeyOf(address))];
  await keepFlash(store, address, record);
  return async () => {
    if (before === undefined) await store.delete(keyOf(address));
    else await store.set(keyOf(address), before);
    if (fresh !== undefined) await store.set(freshKeyOf(address), fresh, { until: 'reboot' });
  };
}

/** Whether there is nothing left to say of a flash: the card runs what was written. */
export const isLoaded = (record: FlashRecord | undefined, running: string | undefined): boolean =>
  record?.state === 'written' && record.version === running;

/** Health by the last flash: a card that was cut off in it, or has not loaded it, is not to be given out. */
export function flashHealth(record: FlashRecord | undefined, running: string | undefined): Health {
  if (record === undefined || isLoaded(record, running)) return { state: 'ok' };
  const { state, version } = record;
  return {
    state: 'degraded',
    reason:
      state === 'begun'
        ? `it is being flashed with the shell ${version}, or that was cut off: flash it again`
        : `the shell ${version} was flashed, and it runs ${running ?? 'none that can be read'}: start the machine cold to load it, or flash it again if that was done`,
  };
}

const keyOf = (address: string): string => `flash/${address}`;
const freshKeyOf = (address: string): string => `flashed/${address}`;
