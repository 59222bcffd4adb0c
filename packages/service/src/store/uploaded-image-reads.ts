import { CyborgError, type Uuid } from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import { isoTime } from './json-column.ts';
import { cutPage, rowsFor, unknownMarker } from './page.ts';
import type { Session } from './session.ts';
import type { ImageTable } from './tables.ts';
import type { ImageReads, StoredImage } from './uploaded-image.ts';

/** Reads of uploaded images and their bytes. */
export function imageReads({ db }: Session): ImageReads {
  async function find(id: string): Promise<StoredImage | undefined> {
    const row = await db.selectFrom('image').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toStoredImage(row);
  }

  return {
    find,

    async get(id) {
      const image = await find(id);
      if (image !== undefined) return image;
      throw new CyborgError('image.not_found', `no uploaded image has the id ${id}`, { details: { id } });
    },

    async list(query = {}) {
      let select = db.selectFrom('image').selectAll().orderBy('number').limit(rowsFor(query));
      if (query.marker !== undefined) {
        const marked = await find(query.marker);
        if (marked === undefined) throw unknownMarker('image', query.marker);
        select = select.where('number', '>', marked.number);
      }
      const { items, next } = cutPage(await select.execute(), query, (row) => row.id);
      return { items: items.map(toStoredImage), next };
    },

    pieceAt: (id, offset) =>
      db
        .selectFrom('image_piece')
        .select(['start', 'bytes'])
        .where('image_id', '=', id)
        .where('start', '<=', offset)
        .orderBy('start', 'desc')
        .limit(1)
        .executeTakeFirst(),

    async totalSize() {
      const row = await db
        .selectFrom('image')
        .select((eb) => eb.fn.sum<number | string | null>('size').as('total'))
        .executeTakeFirst();
      return Number(row?.total ?? 0);
    },

    async idleSince(before, state) {
      const rows = await db
        .selectFrom('image')
        .select('id')
        .where('updated_at', '<', before)
        .where('state', '=', state)
        .execute();
      return rows.map(({ id }) => id as Uuid);
    },
  };
}

function toStoredImage(row: Selectable<ImageTable>): StoredImage {
  return {
    number: row.number,
    id: row.id as Uuid,
    state: row.state as StoredImage['state'],
    size: row.size,
    received: row.received,
    sha256: row.sha256,
    requestedBy: row.requested_by,
    createdAt: isoTime(row.created_at),
  };
}
