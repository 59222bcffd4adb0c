import type { Health, HealthPeriod } from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import type { DeviceHealthReads } from './device-health.ts';
import { isoTime, isoTimeOrNull } from './json-column.ts';
import { cutPage, rowsFor, unknownMarker } from './page.ts';
import type { Session } from './session.ts';
import type { DeviceHealthTable } from './tables.ts';

/** Reads of how devices felt. */
export function deviceHealthReads({ db }: Session): DeviceHealthReads {
  return {
    async list(deviceId, query = {}) {
      let select = db
        .selectFrom('device_health')
        .selectAll()
        .where('device_id', '=', deviceId)
        .orderBy('number', 'desc')
        .limit(rowsFor(query));
      if (query.marker !== undefined) select = select.where('number', '<', numberIn(query.marker));
      const { items, next } = cutPage(await select.execute(), query, ({ number }) => String(number));
      return { items: items.map(toHealthPeriod), next };
    },

    async endedBefore(before, limit) {
      const rows = await db
        .selectFrom('device_health')
        .select('number')
        .where('until', '<', before)
        .orderBy('until')
        .limit(limit)
        .execute();
      return rows.map((row) => row.number);
    },
  };
}

/** The period itself may have been removed since: what comes after it is known all the same. */
function numberIn(marker: string): number {
  if (/^\d{1,15}$/.test(marker)) return Number(marker);
  throw unknownMarker('period', marker);
}

function toHealthPeriod(row: Selectable<DeviceHealthTable>): HealthPeriod {
  return {
    id: row.number,
    state: row.state as Health['state'],
    ...(row.reason === null ? {} : { reason: row.reason }),
    since: isoTime(row.since),
    until: isoTimeOrNull(row.until),
  };
}
