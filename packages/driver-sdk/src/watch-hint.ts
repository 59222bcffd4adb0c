import type { Health } from '@cyborgjs/core';

/**
 * What a running `watch` tells: that something came, went or changed, or how one device feels now. Either is only a
 * reason to ask: the truth comes from the `discover` that follows, at once where the health of a device is told.
 */
export type WatchHint =
  | { readonly type: 'rescan'; readonly reason: string }
  | {
      readonly type: 'health';
      /** Identity or address of the device. */
      readonly device: string;
      readonly health: Health;
    };

/** A hint in words: `0000:83:00.0 is failed: it no longer answers on the PCI bus`. */
export function describeHint(hint: WatchHint): string {
  if (hint.type === 'rescan') return hint.reason;
  const { state, reason } = hint.health;
  return `${hint.device} is ${state}${reason === undefined ? '' : `: ${reason}`}`;
}

/**
 * A hint as a host of a version of the contract understands it: before 1.1 there was only `rescan`, and what is told
 * of a device becomes the reason of one.
 */
export function hintFor(api: string, hint: WatchHint): WatchHint {
  const [major = 0, minor = 0] = api.split('.').map(Number);
  const knowsHealth = major > 1 || (major === 1 && minor >= 1);
  return hint.type === 'health' && !knowsHealth ? { type: 'rescan', reason: describeHint(hint) } : hint;
}
