import type { Event } from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { EventReads } from './event.ts';
import { isoTime, parseColumn } from './json-column.ts';
import type { Session } from './session.ts';
import type { EventTable } from './tables.ts';

const Data = z.record(z.string(), z.unknown());

/** Reads of events. */
export function eventReads({ db }: Session): EventReads {
  return {
    async list(query) {
      let select = db
        .selectFrom('event')
        .selectAll()
        .where('id', '>', query.after)
        .orderBy('id')
        .limit(query.limit);
      const { host, subject, types } = query;
      if (host !== undefined) select = select.where('host', '=', host);
      if (subject !== undefined) select = select.where('subject', '=', subject);
      if (types !== undefined)
        select = select.where(({ eb, or }) =>
          or(
            types.map((type) =>
              type.endsWith('.*') ? eb('type', 'like', `${type.slice(0, -1)}%`) : eb('type', '=', type),
            ),
          ),
        );
      return (await select.execute()).map(toEvent);
    },

    async listBefore(before, limit) {
      const rows = await db
        .selectFrom('event')
        .select('id')
        .where('at', '<', before)
        .orderBy('at')
        .limit(limit)
        .execute();
      return rows.map((row) => row.id);
    },

    async latestId() {
      const row = await db
        .selectFrom('event_counter')
        .select('value')
        .where('name', '=', 'event')
        .executeTakeFirst();
      return row?.value ?? 0;
    },
  };
}

function toEvent(row: Selectable<EventTable>): Event {
  return {
    id: row.id,
    type: row.type,
    subject: row.subject,
    host: row.host,
    data: parseColumn(Data, row.data, 'event.data'),
    at: isoTime(row.at),
  };
}
