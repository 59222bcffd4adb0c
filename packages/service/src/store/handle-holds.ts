import type { AttachHandleType, Uuid } from '@cyborgjs/core';
import type { DeployableWrites, HandleHolder, HandleWish, TakenHandle } from './deployable.ts';
import { fixedStatement } from './fixed-statement.ts';
import type { TransactionSession } from './session.ts';

type HandleHolds = Pick<
  DeployableWrites,
  'holdHandle' | 'holdFreeHandles' | 'releaseHandle' | 'releaseHandles'
>;

/** Giving handles to holders and taking them back: one statement each, guarded by the unique holder. */
export function handleHolds(session: TransactionSession): HandleHolds {
  return {
    async holdHandle(uuid, holder) {
      const { numAffectedRows = 0n } = await hold(session, uuid, holderColumns(holder));
      return numAffectedRows > 0n;
    },

    holdFreeHandles: (kind, wishes) => holdFree(session, kind, wishes),

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

/** What a database tells of a handle that was taken. */
interface TakenRow {
  readonly id: string;
  readonly handle: string;
  readonly type: string;
  readonly holder_id: string | null;
}

async function holdFree(
  session: TransactionSession,
  kind: HandleHolder['kind'],
  wishes: readonly HandleWish[],
): Promise<(TakenHandle | undefined)[]> {
  const taking = session.kind === 'mysql' ? takeAndAsk : takeAndTell;
  const rows = new Map((await taking(session, kind, wishes)).map((row) => [row.holder_id, row]));
  return wishes.map(({ holderId }) => {
    const row = rows.get(holderId);
    return (
      row && {
        uuid: row.id as Uuid,
        id: row.handle,
        type: row.type as AttachHandleType,
        holder: { kind, id: holderId },
      }
    );
  });
}

async function takeAndTell(
  session: TransactionSession,
  kind: HandleHolder['kind'],
  wishes: readonly HandleWish[],
): Promise<readonly TakenRow[]> {
  const answers = await Promise.all(
    wishes.map(({ deployableId, holderId: id }) =>
      takeReturning(session, deployableId, holderColumns({ kind, id })),
    ),
  );
  return answers.flatMap(({ rows }) => rows);
}

/** MySQL does not tell what an update has changed: what the holders now hold is asked behind them. */
async function takeAndAsk(
  session: TransactionSession,
  kind: HandleHolder['kind'],
  wishes: readonly HandleWish[],
): Promise<readonly TakenRow[]> {
  const taking = wishes.map(({ deployableId, holderId: id }) =>
    takeOrdered(session, deployableId, holderColumns({ kind, id })),
  );
  const holderIds = wishes.map(({ holderId }) => holderId);
  const [{ rows }, ...answers] = await Promise.all([rowsOfHolders(session, kind, holderIds), ...taking]);
  const taken = new Set<string | null>(
    holderIds.filter((_, index) => (answers[index]?.numAffectedRows ?? 0n) > 0n),
  );
  return rows.filter(({ holder_id }) => taken.has(holder_id));
}

const takeReturning = fixedStatement(({ db }, deployableId: string, holder: HolderColumns) =>
  db
    .updateTable('attach_handle')
    .set(holder)
    .where('holder_id', 'is', null)
    .where('id', '=', (eb) =>
      eb
        .selectFrom('attach_handle')
        .select('id')
        .where('deployable_id', '=', deployableId)
        .where('present', '=', 1)
        .where('holder_id', 'is', null)
        .orderBy('number')
        .limit(1),
    )
    .returning(['id', 'handle', 'type', 'holder_id']),
);

/** MySQL cannot read in a subquery what it updates, but can order and limit. */
const takeOrdered = fixedStatement(({ db }, deployableId: string, holder: HolderColumns) =>
  db
    .updateTable('attach_handle')
    .set(holder)
    .where('deployable_id', '=', deployableId)
    .where('present', '=', 1)
    .where('holder_id', 'is', null)
    .orderBy('number')
    .limit(1),
);

const rowsOfHolders = fixedStatement(({ db }, kind: string, holderIds: readonly string[]) =>
  db
    .selectFrom('attach_handle')
    .select(['id', 'handle', 'type', 'holder_id'])
    .where('holder_kind', '=', kind)
    .where('holder_id', 'in', holderIds),
);

const release = fixedStatement(({ db }, kind: string, holderIds: readonly string[]) =>
  db
    .updateTable('attach_handle')
    .set({ holder_kind: null, holder_id: null })
    .where('holder_kind', '=', kind)
    .where('holder_id', 'in', holderIds),
);
