import { type AttachHandleType, type ResourceClass, Trait, type Uuid } from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { StoredAttribute } from './attribute.ts';
import type { HandleHolder, StoredDeployable, StoredHandle } from './deployable.ts';
import { isoTime, isoTimeOrNull, parseColumn, parseTextMap } from './json-column.ts';
import type { AttachHandleTable, AttributeTable, DeployableTable } from './tables.ts';

const Traits = z.array(Trait);

/** A row of `deployable` with what its device adds. */
export interface DeployableRow extends Selectable<DeployableTable> {
  readonly device_number: number;
  readonly host: string;
  readonly driver: string;
}

export interface AttributeRow extends Selectable<AttributeTable> {
  readonly deployable_number: number;
}

/** A deployable as stored, with its handles and attributes. */
export function toStoredDeployable(
  row: DeployableRow,
  handles: readonly StoredHandle[],
  attributes: readonly StoredAttribute[],
): StoredDeployable {
  return {
    number: row.number,
    id: row.id as Uuid,
    deviceId: row.device_id as Uuid,
    deviceNumber: row.device_number,
    host: row.host,
    driver: row.driver,
    name: row.name,
    resourceClass: row.resource_class as ResourceClass,
    traits: parseColumn(Traits, row.traits, 'deployable.traits'),
    total: row.total,
    present: row.present === 1,
    providerId: row.provider_id as Uuid | null,
    handles: [...handles],
    attributes: [...attributes],
    createdAt: isoTime(row.created_at),
    updatedAt: isoTimeOrNull(row.updated_at),
  };
}

/** An attach handle as stored. */
export function toStoredHandle(row: Selectable<AttachHandleTable>): StoredHandle {
  return {
    uuid: row.id as Uuid,
    id: row.handle,
    type: row.type as AttachHandleType,
    info: toHandleInfo(row.info),
    inUse: row.holder_id !== null,
    present: row.present === 1,
    holder:
      row.holder_id === null
        ? null
        : { kind: row.holder_kind as HandleHolder['kind'], id: row.holder_id as Uuid },
  };
}

/** What a consumer needs to find a handle, in the order in which the driver said it. */
export function toHandleInfo(text: string): StoredHandle['info'] {
  return parseTextMap(text, 'attach_handle.info');
}

/** An attribute as stored. */
export function toStoredAttribute(row: AttributeRow): StoredAttribute {
  return {
    number: row.number,
    id: row.id as Uuid,
    deployableId: row.deployable_id as Uuid,
    deployableNumber: row.deployable_number,
    key: row.key,
    value: row.value,
    createdAt: isoTime(row.created_at),
    updatedAt: isoTimeOrNull(row.updated_at),
  };
}
