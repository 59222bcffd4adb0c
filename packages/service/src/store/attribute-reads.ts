import { CyborgError } from '@cyborgjs/core';
import type { AttributeReads, StoredAttribute } from './attribute.ts';
import { toStoredAttribute } from './deployable-row.ts';
import type { Session } from './session.ts';

/** Reads of the `/v2` attributes of deployables. */
export function attributeReads(session: Session): AttributeReads {
  async function find(id: string): Promise<StoredAttribute | undefined> {
    const row = await attributeRows(session).where('attribute.id', '=', id).executeTakeFirst();
    return row && toStoredAttribute(row);
  }

  return {
    find,

    async get(id) {
      const attribute = await find(id);
      if (attribute !== undefined) return attribute;
      throw new CyborgError('attribute.not_found', `no attribute has the id ${id}`, { details: { id } });
    },

    async list(query = {}) {
      let select = attributeRows(session);
      if (query.deployableNumber !== undefined)
        select = select.where('deployable.number', '=', query.deployableNumber);
      if (query.key !== undefined) select = select.where('attribute.key', '=', query.key);
      return (await select.execute()).map(toStoredAttribute);
    },
  };
}

/** Attributes with the numbers of their deployables, by number, ascending. */
export function attributeRows({ db }: Session) {
  return db
    .selectFrom('attribute')
    .innerJoin('deployable', 'deployable.id', 'attribute.deployable_id')
    .selectAll('attribute')
    .select('deployable.number as deployable_number')
    .orderBy('attribute.number');
}
