import type { AttachHandleType, Uuid } from '@cyborgjs/core';
import { sql } from 'kysely';
import type { DeployableWrites, HandleHolder, HandleWish } from './deployable.ts';
import { fixedStatement } from './fixed-statement.ts';
import type { TransactionSession } from './session.ts';

type HandleHolds = Pick<
  DeployableWrites,
  'holdHandle' | 'holdHandles' | 'holdFreeHandle' | 'releaseHandle' | 'releaseHandles'
>;

/** Giving handles to holders and taking them back, guarded by the unique holder. */
export function handleHolds(session: TransactionSession): HandleHolds {
  async function holdHandle(uuid: string, holder: HandleHolder): Promise<boolean> {
    const { numAffectedRows = 0n } = await hold(session, uuid, holderColumns(holder));
    return numAffectedRows > 0n;
  }

  return {
    holdHandle,

    async holdHandles(kind, wishes) {
      if (wishes.length > 0) holdAll.send(session, kind, wishes);
    },

    async holdFreeHandle(deployableId, holder) {
      const [row] = (await firstFree(session, deployableId)).rows;
      if (row === undefined || !(await holdHandle(row.id, holder))) return undefined;
      return { uuid: row.id as Uuid, id: row.handle, type: row.type as AttachHandleType };
    },

    async releaseHandles(kind, holderIds) {
      release.send(session, kind, holderIds);
    },

    async releaseHandle({ kind, id }) {
      const { numAffectedRows = 0n } = await release(session, kind, [id]);
      return numAffectedRows > 0n;
    },
  };
}

interface HolderColumns {
  readonly holder_kind: string;
  readonly holder_id: string;
}

const holderColumns = ({ kind, id }: HandleHolder): HolderColumns => ({ holder_kind: kind, holder_id: id });

const hold = fixedStatement(({ db }, uuid: string, holder: HolderColumns) =>
  db
    .updateTable('attach_handle')
    .set(holder)
    .where('id', '=', uuid)
    .where('holder_id', 'is', null)
    .where('present', '=', 1),
);

/** What is not free fails: its `present` would become null, which that cannot be. Nobody has to wait for the answer. */
const holdAll = fixedStatement(({ db }, kind: string, wishes: readonly HandleWish[]) => {
  const cases = wishes.map(({ uuid, holderId }) => sql`when ${uuid} then ${holderId}`);
  return (
    db
      .updateTable('attach_handle')
      // In this order: MySQL sets one column after the other, and sees what it has set.
      .set({
        present: sql<number>`case when present = 1 and holder_id is null then 1 end`,
        holder_kind: kind,
        holder_id: sql<string>`case id ${sql.join(cases, sql` `)} end`,
      })
      .where(
        'id',
        'in',
        wishes.map(({ uuid }) => uuid),
      )
  );
});

const firstFree = fixedStatement(({ db }, deployableId: string) =>
  db
    .selectFrom('attach_handle')
    .select(['id', 'handle', 'type'])
    .where('deployable_id', '=', deployableId)
    .where('present', '=', 1)
    .where('holder_id', 'is', null)
    .orderBy('number')
    .limit(1),
);

const release = fixedStatement(({ db }, kind: string, holderIds: readonly string[]) =>
  db
    .updateTable('attach_handle')
    .set({ holder_kind: null, holder_id: null })
    .where('holder_kind', '=', kind)
    .where('holder_id', 'in', holderIds),
);
