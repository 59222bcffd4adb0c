import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';

/** Pause between two looks. The store is asked, not listened to: the news may have been written by another process. */
const lookIntervalMs = 500;
/** How many looks without news go by before a line is sent that keeps proxies from giving the connection up. */
const looksPerSignOfLife = 30;

/** A signal that comes when the caller has hung up. */
export function clientGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

/** Waits for the time of the next look, or for the signal. */
export const nextLook = (signal: AbortSignal): Promise<void> =>
  sleep(lookIntervalMs, undefined, { signal }).catch(() => undefined);

/** Looks again and again, until what is seen is the last that there will be, or a signal comes; what was seen last. */
export async function lookUntil<Seen>(
  look: () => Promise<Seen>,
  isLast: (seen: Seen) => boolean,
  until: readonly AbortSignal[],
): Promise<Seen> {
  const signal = AbortSignal.any([...until]);
  for (;;) {
    const seen = await look();
    if (isLast(seen)) return seen;
    await nextLook(signal);
    // The store may be closed by now.
    if (signal.aborted) return seen;
  }
}

/** One server-sent event (HTML, section 9.2). */
export const eventFrame = (type: string, id: number, value: unknown): string =>
  `event: ${type}\nid: ${id}\ndata: ${JSON.stringify(value)}\n\n`;

/** A line for a stream that had no news for so many looks; empty when it is not yet time for one. */
export const signOfLife = (quietLooks: number): string =>
  quietLooks > 0 && quietLooks % looksPerSignOfLife === 0 ? ': no news\n\n' : '';
