import type { DeployableWrites, HandleHolder } from './deployable.ts';
import type { TransactionSession } from './session.ts';

type HandleHolds = Pick<
  DeployableWrites,
  'holdHandle' | 'holdFreeHandle' | 'releaseHandle' | 'releaseHandles'
>;

/** Giving handles to holders and taking them back: one statement each, guarded by the unique holder. */
export function handleHolds(session: TransactionSession): HandleHolds {
  const { db } = session;
  return {
    async holdHandle(uuid, holder) {
      const { numUpdatedRows } = await db
        .updateTable('attach_handle')
        .set(holderColumns(holder))
        .where('id', '=', uuid)
        .where('holder_id', 'is', null)
        .where('present', '=', 1)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async holdFreeHandle(deployableId, holder) {
      const { numUpdatedRows } = await freeHandle(session, deployableId)
        .set(holderColumns(holder))
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async releaseHandles(kind, holderIds) {
      await db
        .updateTable('attach_handle')
        .set(nobody)
        .where('holder_kind', '=', kind)
        .where('holder_id', 'in', [...holderIds])
        .execute();
    },

    async releaseHandle(holder) {
      const { numUpdatedRows } = await db
        .updateTable('attach_handle')
        .set(nobody)
        .where('holder_kind', '=', holder.kind)
        .where('holder_id', '=', holder.id)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

const nobody = { holder_kind: null, holder_id: null };
const holderColumns = ({ kind, id }: HandleHolder) => ({ holder_kind: kind, holder_id: id });

/** An update of the first free handle. MySQL cannot read in a subquery what it updates, but can order and limit. */
function freeHandle({ db, kind }: TransactionSession, deployableId: string) {
  const update = db.updateTable('attach_handle').where('holder_id', 'is', null);
  if (kind === 'mysql')
    return update
      .where('deployable_id', '=', deployableId)
      .where('present', '=', 1)
      .orderBy('number')
      .limit(1);
  return update.where('id', '=', (eb) =>
    eb
      .selectFrom('attach_handle')
      .select('id')
      .where('deployable_id', '=', deployableId)
      .where('present', '=', 1)
      .where('holder_id', 'is', null)
      .orderBy('number')
      .limit(1),
  );
}
