import type { AttachHandleType, ResourceClass, Uuid } from '@cyborgjs/core';
import type {
  DeployableReads,
  FreeHandle,
  HandleHolder,
  HeldHandle,
  OpenDeployable,
  OpenDeployableQuery,
} from './deployable.ts';
import { toTraits } from './deployable-row.ts';
import { fixedStatement } from './fixed-statement.ts';
import { isProgramming } from './is-programming.ts';
import type { Session } from './session.ts';

/** Reads about who holds what; each is one statement. */
export function handleReads(
  session: Session,
): Pick<DeployableReads, 'ofProviders' | 'listOpen' | 'held' | 'heldOn' | 'heldAstray'> {
  return {
    listOpen: (query) => openDeployables(session, query),

    async heldOn(host) {
      const rows = await heldRows(session)
        .select(['device.driver', 'device.identity', 'device.address'])
        .where('device.host', '=', host)
        .where('attach_handle.holder_id', 'is not', null)
        .execute();
      return rows.map((row) => ({
        ...toHeldHandle(row),
        driver: row.driver,
        target: { identity: row.identity, address: row.address },
      }));
    },

    ofProviders: (providerIds) => deployablesOfProviders(session, providerIds),

    async held(kind, holderIds) {
      return (await heldBy(session, kind, holderIds)).rows.map(toHeldHandle);
    },

    async heldAstray(states, limit) {
      const rows = await heldRows(session)
        .leftJoin('accelerator_request', 'accelerator_request.id', 'attach_handle.holder_id')
        .where('attach_handle.holder_kind', '=', 'accelerator_request')
        .where((eb) =>
          eb.or([
            eb('accelerator_request.id', 'is', null),
            eb('accelerator_request.state', 'not in', [...states]),
          ]),
        )
        .limit(limit)
        .execute();
      return rows.map(toHeldHandle);
    },
  };
}

const rowsOfProviders = fixedStatement(({ db }, providerIds: readonly string[]) =>
  db
    .selectFrom('deployable')
    .innerJoin('device', 'device.id', 'deployable.device_id')
    .leftJoin('operation', (join) =>
      join.onRef('operation.device_id', '=', 'deployable.device_id').on(isProgramming),
    )
    .leftJoin('attach_handle', (join) =>
      join
        .onRef('attach_handle.deployable_id', '=', 'deployable.id')
        .on('attach_handle.present', '=', 1)
        .on('attach_handle.holder_id', 'is', null),
    )
    .select([
      'deployable.id',
      'deployable.provider_id',
      'device.host',
      'deployable.device_id',
      'operation.id as programming',
      'attach_handle.id as handle_uuid',
      'attach_handle.handle',
      'attach_handle.type',
    ])
    .where('deployable.provider_id', 'in', providerIds)
    .orderBy('attach_handle.number'),
);

async function deployablesOfProviders(
  session: Session,
  providerIds: Parameters<DeployableReads['ofProviders']>[0],
): ReturnType<DeployableReads['ofProviders']> {
  const { rows } = await rowsOfProviders(session, providerIds);
  return [...Map.groupBy(rows, (row) => row.id).values()].flatMap(([row, ...others]) => {
    if (row === undefined) return [];
    return {
      id: row.id as Uuid,
      providerId: row.provider_id as Uuid,
      host: row.host,
      deviceId: row.device_id as Uuid,
      programming: row.programming as Uuid | null,
      free: freeOf([row, ...others]),
    };
  });
}

/** Each handle once, though it stands beside everything that programs its device. */
function freeOf(rows: Awaited<ReturnType<typeof rowsOfProviders>>['rows']): FreeHandle[] {
  const free = new Map<string, FreeHandle>();
  for (const { handle_uuid: uuid, handle, type } of rows)
    if (uuid !== null && handle !== null && type !== null)
      free.set(uuid, { uuid: uuid as Uuid, id: handle, type: type as AttachHandleType });
  return [...free.values()];
}

async function openDeployables({ db }: Session, query: OpenDeployableQuery): Promise<OpenDeployable[]> {
  let select = db
    .selectFrom('deployable')
    .innerJoin('device', 'device.id', 'deployable.device_id')
    .select([
      'deployable.id',
      'deployable.device_id',
      'deployable.provider_id',
      'deployable.resource_class',
      'deployable.traits',
      'device.host',
    ])
    .where('deployable.present', '=', 1)
    .where('device.state', '=', 'ready')
    .where('device.health_state', 'in', ['ok', 'degraded'])
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('attach_handle')
          .select('attach_handle.id')
          .whereRef('attach_handle.deployable_id', '=', 'deployable.id')
          .where('attach_handle.present', '=', 1)
          .where('attach_handle.holder_id', 'is', null),
      ),
    )
    // What is being programmed is another thing in a moment.
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('operation')
            .select('operation.id')
            .whereRef('operation.device_id', '=', 'deployable.device_id')
            .where(isProgramming),
        ),
      ),
    )
    .orderBy('deployable.number');
  const { resourceClass, host, id } = query;
  if (resourceClass !== undefined) select = select.where('deployable.resource_class', '=', resourceClass);
  if (host !== undefined) select = select.where('device.host', '=', host);
  if (id !== undefined) select = select.where('deployable.id', '=', id);
  return (await select.execute()).map((row) => ({
    id: row.id as Uuid,
    deviceId: row.device_id as Uuid,
    host: row.host,
    providerId: row.provider_id as Uuid | null,
    resourceClass: row.resource_class as ResourceClass,
    traits: toTraits(row.traits),
  }));
}

function heldRows({ db }: Session) {
  return db
    .selectFrom('attach_handle')
    .innerJoin('deployable', 'deployable.id', 'attach_handle.deployable_id')
    .innerJoin('device', 'device.id', 'deployable.device_id')
    .select([
      'attach_handle.id as uuid',
      'attach_handle.handle',
      'attach_handle.type',
      'attach_handle.holder_kind',
      'attach_handle.holder_id',
      'deployable.device_id',
      'device.host',
    ]);
}

const heldBy = fixedStatement((session, kind: string, holderIds: readonly string[]) =>
  heldRows(session)
    .where('attach_handle.holder_kind', '=', kind)
    .where('attach_handle.holder_id', 'in', holderIds),
);

type HeldRow = Awaited<ReturnType<ReturnType<typeof heldRows>['execute']>>[number];

function toHeldHandle(row: HeldRow): HeldHandle {
  return {
    uuid: row.uuid as Uuid,
    id: row.handle,
    type: row.type as AttachHandleType,
    holder: { kind: row.holder_kind as HandleHolder['kind'], id: row.holder_id as Uuid },
    deviceId: row.device_id as Uuid,
    host: row.host,
  };
}
