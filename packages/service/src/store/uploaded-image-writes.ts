import { inChunks } from './chunks.ts';
import type { TransactionSession } from './session.ts';
import type { ImageWrites } from './uploaded-image.ts';

/** Writes of uploaded images. */
export function imageWrites({ db, now }: TransactionSession): ImageWrites {
  return {
    async insert({ id, size, sha256, requestedBy }) {
      const row = { id, state: 'uploading', size, received: 0, sha256, requested_by: requestedBy };
      await db
        .insertInto('image')
        .values({ ...row, created_at: now(), updated_at: now() })
        .execute();
    },

    async append(id, offset, bytes) {
      // The update holds the row: of two who append at one place, the second finds that it has moved on.
      const { numUpdatedRows } = await db
        .updateTable('image')
        .set({ received: offset + bytes.length, updated_at: now() })
        .where('id', '=', id)
        .where('received', '=', offset)
        .where('state', '=', 'uploading')
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await db.insertInto('image_piece').values({ image_id: id, start: offset, bytes }).execute();
      return true;
    },

    async complete(id) {
      await db
        .updateTable('image')
        .set({ state: 'complete', updated_at: now() })
        .where('id', '=', id)
        .execute();
    },

    async touch(id) {
      await db.updateTable('image').set({ updated_at: now() }).where('id', '=', id).execute();
    },

    async remove(ids) {
      await inChunks(ids, (chunk) => db.deleteFrom('image').where('id', 'in', chunk).execute());
    },
  };
}
