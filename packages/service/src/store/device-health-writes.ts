import type { Health, Uuid } from '@cyborgjs/core';
import { inChunks } from './chunks.ts';
import type { DeviceHealthWrites } from './device-health.ts';
import type { TransactionSession } from './session.ts';

/** Periods that are kept of a device, however often its health changes. */
const keptPeriods = 100;

/** How a device feels from now on. */
interface FeltFromNow {
  readonly id: Uuid;
  readonly health: Health;
}

/** Writes of how devices felt. */
export function deviceHealthWrites({ db }: TransactionSession): DeviceHealthWrites {
  return {
    async remove(ids) {
      await inChunks(ids, (chunk) => db.deleteFrom('device_health').where('number', 'in', chunk).execute());
    },
  };
}

/** Begins the first period of new devices. */
export async function beginHealth(
  { db, now }: TransactionSession,
  devices: readonly FeltFromNow[],
): Promise<void> {
  const rows = devices.map(({ id, health }) => ({
    device_id: id,
    state: health.state,
    reason: health.reason ?? null,
    since: now(),
    until: null,
  }));
  await inChunks(rows, (chunk) => db.insertInto('device_health').values(chunk).execute());
}

/** Ends the period of a device whose health has changed, begins the next, and removes what is more than is kept. */
export async function changeHealth(session: TransactionSession, device: FeltFromNow): Promise<void> {
  const { db, now } = session;
  await db
    .updateTable('device_health')
    .set({ until: now() })
    .where('device_id', '=', device.id)
    .where('until', 'is', null)
    .execute();
  await beginHealth(session, [device]);
  const surplus = await db
    .selectFrom('device_health')
    .select('number')
    .where('device_id', '=', device.id)
    .orderBy('number', 'desc')
    .limit(1)
    .offset(keptPeriods)
    .executeTakeFirst();
  if (surplus === undefined) return;
  await db
    .deleteFrom('device_health')
    .where('device_id', '=', device.id)
    .where('number', '<=', surplus.number)
    .execute();
}
