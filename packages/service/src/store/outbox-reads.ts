import { novaDestination, type OutboxReads } from './outbox.ts';
import type { Session } from './session.ts';

/** Reads of the messages that wait. */
export function outboxReads({ db }: Session): OutboxReads {
  return {
    async listDue(by, { to, limit }) {
      const rows = await db
        .selectFrom('outbox')
        .innerJoin('outbox_lane', 'outbox_lane.destination', 'outbox.destination')
        .select('outbox.destination')
        .distinct()
        .where('outbox.next_attempt_at', '<=', by)
        .where('outbox.destination', to === 'nova' ? '=' : '!=', novaDestination)
        .where('outbox_lane.lease_until', '<=', by)
        .limit(limit)
        .execute();
      return rows.map((row) => row.destination);
    },

    async depth() {
      const row = await db
        .selectFrom('outbox')
        .select((eb) => [eb.fn.countAll<number>().as('messages'), eb.fn.min('created_at').as('oldest')])
        .executeTakeFirstOrThrow();
      return { messages: Number(row.messages), oldestAt: row.oldest ?? null };
    },
  };
}
