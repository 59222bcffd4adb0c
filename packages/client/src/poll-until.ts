import type { CallOptions } from './call-api.ts';
import { mayPass } from './may-pass.ts';

/** How something is waited for. */
export interface PollOptions<Item> extends CallOptions {
  /** Called with what was seen first, and again whenever something has changed. */
  readonly onChange?: (item: Item) => void;
  /** Called when the service cannot be asked just now; the waiting goes on. */
  readonly onTrouble?: (error: Error) => void;
  /** Pause between two looks; default 1000. */
  readonly pollMs?: number;
  /** How many looks in a row may fail before the waiting is given up; default 60. */
  readonly maxTroubles?: number;
}

interface PollInit<Item> {
  readonly look: (options: CallOptions) => Promise<Item>;
  readonly isDone: (item: Item) => boolean;
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/**
 * Looks at something until it is done. Aborting `signal` ends the waiting only. Rejects with the last error when the
 * service stays out of reach for `maxTroubles` looks in a row.
 */
export async function pollUntil<Item>(
  { look, isDone, sleep }: PollInit<Item>,
  options: PollOptions<Item>,
): Promise<Item> {
  const { signal, onChange, onTrouble, pollMs = 1000, maxTroubles = 60 } = options;
  let last = '';
  let troubles = 0;
  for (;;) {
    try {
      const item = await look(signal === undefined ? {} : { signal });
      troubles = 0;
      const seen = JSON.stringify(item);
      if (seen !== last) onChange?.(item);
      last = seen;
      if (isDone(item)) return item;
    } catch (error) {
      if (!mayPass(error) || ++troubles >= maxTroubles) throw error;
      onTrouble?.(error);
    }
    await sleep(pollMs, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}
