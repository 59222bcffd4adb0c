import type { DeployableWrites, HandleHolder } from './deployable.ts';
import { fixedStatement } from './fixed-statement.ts';
import type { TransactionSession } from './session.ts';

type HandleHolds = Pick<
  DeployableWrites,
  'holdHandle' | 'holdFreeHandle' | 'releaseHandle' | 'releaseHandles'
>;

/** Giving handles to holders and taking them back: one statement each, guarded by the unique holder. */
export function handleHolds(session: TransactionSession): HandleHolds {
  return {
    async holdHandle(uuid, holder) {
      const { numAffectedRows = 0n } = await hold(session, uuid, holderColumns(holder));
      return numAffectedRows > 0n;
    },

    async holdFreeHandle(deployableId, holder) {
      const { numAffectedRows = 0n } = await holdFree(session, deployableId, holderColumns(holder));
      return numAffectedRows > 0n;
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

/** Holds the first free handle. MySQL cannot read in a subquery what it updates, but can order and limit. */
const holdFree = fixedStatement(({ db, kind }, deployableId: string, holder: HolderColumns) => {
  const update = db.updateTable('attach_handle').set(holder).where('holder_id', 'is', null);
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
});

const release = fixedStatement(({ db }, kind: string, holderIds: readonly string[]) =>
  db
    .updateTable('attach_handle')
    .set({ holder_kind: null, holder_id: null })
    .where('holder_kind', '=', kind)
    .where('holder_id', 'in', holderIds),
);
