import { type ImportReads, importedDriver } from './imported.ts';
import type { Session } from './session.ts';

/** Reads about what was imported. */
export function importReads({ db }: Session): ImportReads {
  return {
    async list() {
      const rows = await db.selectFrom('imported_row').select(['source_table', 'source_key']).execute();
      return rows.map((row) => ({ table: row.source_table, key: row.source_key }));
    },

    async awaitsReport(host) {
      const row = await db
        .selectFrom('device')
        .select('number')
        .where('host', '=', host)
        .where('driver', '=', importedDriver)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}
