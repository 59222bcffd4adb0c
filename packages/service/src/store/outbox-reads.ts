import type { OutboxReads } from './outbox.ts';
import type { Session } from './session.ts';

/** Reads of the commands that wait. */
export function outboxReads({ db }: Session): OutboxReads {
  return {
    async depth() {
      const row = await db
        .selectFrom('outbox')
        .select((eb) => [eb.fn.countAll<number>().as('messages'), eb.fn.min('created_at').as('oldest')])
        .executeTakeFirstOrThrow();
      return { messages: Number(row.messages), oldestAt: row.oldest ?? null };
    },
  };
}
