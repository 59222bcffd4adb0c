import type { OutboxMessage } from '../store/outbox.ts';
import type { ConductorContext } from './conductor.ts';
import { retryPauseMs } from './retry-pause.ts';
import { tellNova } from './tell-nova.ts';

/** Destinations served at once: each takes a connection to the database, and others need some too. */
const destinationsPerRound = 5;
/** Messages of one destination that are read at once. */
const messagesPerRead = 20;

interface OutboxWorker {
  /** Who holds the leases. */
  readonly owner: string;
  readonly to: 'nova' | 'hosts';
}

/**
 * Sends one round of what waits in the outbox; true when there may be more. A destination is leased while its
 * messages leave, so they leave in order; a message that was taken is forgotten, one that it did not take is put
 * off with everything behind it. A worker that dies in between leaves a repeat at most.
 */
export async function sendOutbox({ owner, to }: OutboxWorker, context: ConductorContext): Promise<boolean> {
  const { store, now } = context;
  const destinations = await store.outbox.listDue(now(), { to, limit: destinationsPerRound });
  const rounds = await Promise.allSettled(
    destinations.map((destination) => sendTo(destination, owner, context)),
  );
  const failed = rounds.find((round) => round.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return rounds.some((round) => round.status === 'fulfilled' && round.value > 0);
}

async function sendTo(destination: string, owner: string, context: ConductorContext): Promise<number> {
  const { store, now, settings } = context;
  const lease = () => ({ owner, now: now(), until: now() + settings.leaseMs });
  const due = await store.transaction(async ({ outbox }) => {
    if (!(await outbox.claim(destination, lease()))) return [];
    const messages = await outbox.next(destination, messagesPerRead);
    const later = messages.findIndex((message) => message.nextAttemptAt > now());
    const first = later === -1 ? messages : messages.slice(0, later);
    if (first.length === 0) await outbox.release(destination, owner);
    return first;
  });
  for (const [sent, message] of due.entries()) {
    const failure = await send(message, context);
    const goesOn = await store.transaction(async ({ outbox }) => {
      if (failure === undefined) await outbox.remove(message.id);
      else await outbox.postpone(message, now() + retryPauseMs(message.attempts + 1, context), failure);
      if (failure === undefined && sent + 1 < due.length) return outbox.renew(destination, lease());
      await outbox.release(destination, owner);
      return false;
    });
    if (failure !== undefined) return sent;
    if (!goesOn) return sent + 1;
  }
  return 0;
}

/** Undefined when the message was taken, or is of no use any more; the reason when it was not. */
async function send(message: OutboxMessage, context: ConductorContext): Promise<string | undefined> {
  const { destination, content, attempts } = message;
  try {
    if (content.kind === 'binding-news') await tellNova(content, context);
    else await context.bus.sendCommand(destination, content);
    return undefined;
  } catch (err) {
    if (attempts === 0)
      context.log.warn({ err, destination, kind: content.kind }, 'a message was not taken; it is sent later');
    return err instanceof Error ? err.message : String(err);
  }
}
