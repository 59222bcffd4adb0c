import { CyborgError, isCyborgError } from '@cyborgjs/core';
import type { DeviceProfileWrites } from './device-profile.ts';
import type { TransactionSession } from './session.ts';

/** Writes of device profiles. */
export function deviceProfileWrites({ db, now }: TransactionSession): DeviceProfileWrites {
  return {
    async insert({ id, name, description, groups }) {
      const row = {
        id,
        name,
        description,
        groups: JSON.stringify(groups),
        created_at: now(),
        updated_at: null,
      };
      try {
        await db.insertInto('device_profile').values(row).execute();
      } catch (cause) {
        if (!isCyborgError(cause) || cause.code !== 'store.conflict') throw cause;
        throw new CyborgError(
          'device_profile.exists',
          `there is a device profile called ${name}, or of id ${id}`,
          {
            cause,
            details: { name, id },
          },
        );
      }
    },

    async remove(ids) {
      const removal = db.deleteFrom('device_profile').where('id', 'in', [...ids]);
      try {
        const { numDeletedRows } = await removal.executeTakeFirst();
        return Number(numDeletedRows);
      } catch (cause) {
        if (!isCyborgError(cause) || cause.code !== 'store.conflict') throw cause;
        throw new CyborgError(
          'device_profile.in_use',
          `accelerator requests were made from one of the device profiles ${ids.join(', ')}; delete them first`,
          { cause, details: { ids } },
        );
      }
    },
  };
}
