import type { AttachHandleType, Uuid } from '@cyborgjs/core';
import type { DeployableReads, HandleHolder, HeldHandle } from './deployable.ts';
import type { Session } from './session.ts';

/** Reads about who holds what; each is one statement. */
export function handleReads(session: Session): Pick<DeployableReads, 'ofProviders' | 'held' | 'heldAstray'> {
  return {
    async ofProviders(providerIds) {
      const rows = await session.db
        .selectFrom('deployable')
        .innerJoin('device', 'device.id', 'deployable.device_id')
        .select(['deployable.id', 'deployable.provider_id', 'device.host', 'deployable.device_id'])
        .select((eb) =>
          eb
            .selectFrom('operation')
            .select((sub) => sub.fn.min('operation.id').as('id'))
            .whereRef('operation.device_id', '=', 'deployable.device_id')
            .where('operation.verb', '=', 'program')
            .where('operation.ended_at', 'is', null)
            .as('programming'),
        )
        .where('deployable.provider_id', 'in', [...providerIds])
        .orderBy('deployable.number')
        .execute();
      return rows.map((row) => ({
        id: row.id as Uuid,
        providerId: row.provider_id as Uuid,
        host: row.host,
        deviceId: row.device_id as Uuid,
        programming: row.programming as Uuid | null,
      }));
    },

    async held(kind, holderIds) {
      const rows = await heldRows(session)
        .where('attach_handle.holder_kind', '=', kind)
        .where('attach_handle.holder_id', 'in', [...holderIds])
        .execute();
      return rows.map(toHeldHandle);
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
