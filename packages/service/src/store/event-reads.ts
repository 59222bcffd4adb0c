import type { Event } from '@cyborgjs/core';
import { type Expression, type Selectable, type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import { inChunks } from './chunks.ts';
import type { EventReads } from './event.ts';
import { fixedStatement } from './fixed-statement.ts';
import { isoTime, parseColumn } from './json-column.ts';
import type { Session } from './session.ts';
import type { EventTable } from './tables.ts';

const Data = z.record(z.string(), z.unknown());

/** Reads of events. */
export function eventReads(session: Session): EventReads {
  const { db } = session;
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
      if (types !== undefined) select = select.where((eb) => eb.or(types.map(ofType)));
      return (await select.execute()).map(toEvent);
    },

    async countOf(ids, { after, types }) {
      const counts = await inChunks(ids, (chunk) =>
        db
          .selectFrom('event')
          .select((eb) => eb.fn.countAll<number>().as('events'))
          .where('id', 'in', chunk)
          .where('id', '>', after)
          .where((eb) => eb.or(types.map(ofType)))
          .execute(),
      );
      return counts.reduce((sum, { events }) => sum + Number(events), 0);
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
      return (await counterRow(session)).rows[0]?.value ?? 0;
    },
  };
}

/** The row of the last id given, if one has been. */
export const counterRow = fixedStatement(({ db }) =>
  db.selectFrom('event_counter').select('value').where('name', '=', 'event'),
);

/** The condition for one type, or for all that a pattern fits. */
function ofType(pattern: string): Expression<SqlBool> {
  if (!pattern.includes('*')) return sql<SqlBool>`${sql.ref('type')} = ${pattern}`;
  const like = pattern.replace(/[!%_]/g, '!$&').replaceAll('*', '%');
  return sql<SqlBool>`${sql.ref('type')} like ${like} escape '!'`;
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
