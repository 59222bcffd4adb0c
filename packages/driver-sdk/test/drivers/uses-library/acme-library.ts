import { setTimeout as delay } from 'node:timers/promises';

/** A vendor's library, as far as a driver can tell: it is loaded, it has functions, and it remembers. */
const modes = new Map<string, string>();
let calls = 0;

export const mode = ({ card }: { card: string }) => ({ mode: modes.get(card) ?? 'host', calls });

export function setMode({ card, mode }: { card: string; mode: string }): void {
  calls += 1;
  if (card === 'broken') throw new Error('ACME_ERROR_7');
  modes.set(card, mode);
}

export const wait = async (_argument: object, { signal }: { signal?: AbortSignal }): Promise<string> => {
  await delay(600_000, undefined, { ref: false });
  return String(signal?.aborted);
};

/** Ends when it is told to, and says so by what it was. */
export const waitWell = async (
  { card }: { card: string },
  { signal }: { signal?: AbortSignal },
): Promise<void> => {
  await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
  modes.set(card, 'ended');
};
