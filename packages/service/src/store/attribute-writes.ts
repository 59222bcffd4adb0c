import type { AttributeWrites } from './attribute.ts';
import { inChunks } from './chunks.ts';
import type { TransactionSession } from './session.ts';

/** Writes of the `/v2` attributes of deployables. */
export function attributeWrites({ db, now }: TransactionSession): AttributeWrites {
  return {
    async insert(attributes) {
      const rows = attributes.map(({ id, deployableId, key, value }) => ({
        id,
        deployable_id: deployableId,
        key,
        value,
        created_at: now(),
        updated_at: null,
      }));
      await inChunks(rows, (chunk) => db.insertInto('attribute').values(chunk).execute());
    },

    async update(id, value) {
      await db.updateTable('attribute').set({ value, updated_at: now() }).where('id', '=', id).execute();
    },

    async remove(ids) {
      await inChunks(ids, (chunk) => db.deleteFrom('attribute').where('id', 'in', chunk).execute());
    },
  };
}
