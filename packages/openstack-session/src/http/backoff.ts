import { setTimeout } from 'node:timers/promises';

/** Waits some milliseconds, or rejects with the signal's reason when that fires first. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** The bounds of an exponential backoff. */
export interface Backoff {
  /** The longest first wait. */
  readonly baseMs: number;
  /** The longest wait of all. */
  readonly capMs: number;
}

/**
 * Full jitter: a wait anywhere between nothing and `base * 2^attempt`, at most the cap. It spreads clients that
 * failed together better than any jitter around a middle.
 */
export function fullJitter(backoff: Backoff, attempt: number, random: () => number): number {
  return random() * Math.min(backoff.capMs, backoff.baseMs * 2 ** attempt);
}

/** `Sleep` on the clock of the process. */
export const sleep: Sleep = async (ms, signal) => {
  signal.throwIfAborted();
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
};
