import type { DiscoveredDeployable, Health, Uuid } from '@cyborgjs/core';
import type { StoredDevice } from '../store/device.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { attributesOf, type DeployableDiff, type DeployablesDiff } from './diff-deployables.ts';
import { type DeviceDiff, factsOf } from './diff-report.ts';
import type { IdentifiedDevice } from './normalise-report.ts';

type IdMaker = Pick<ConductorContext, 'newId'>;

interface NewInventory {
  readonly host: string;
  readonly driver: string;
  readonly devices: readonly IdentifiedDevice[];
}

/** Stores new devices of one driver on one host, as discovered. */
export async function insertDevices(
  transaction: StoreTransaction,
  { host, driver, devices }: NewInventory,
  { newId }: IdMaker,
): Promise<void> {
  const rows = devices.map((device) => ({
    host,
    driver,
    ...factsOf(device),
    id: newId(),
    identity: device.identity,
    state: 'discovered' as const,
    deployables: device.deployables,
  }));
  await transaction.devices.insert(rows);
  await insertDeployables(
    transaction,
    rows.flatMap(({ id, deployables }) => deployables.map((deployable) => ({ ...deployable, deviceId: id }))),
    { newId },
  );
  for (const { id, kind, model, address } of rows)
    transaction.events.add({
      type: 'device.discovered',
      subject: id,
      host,
      data: { driver, kind, model, address },
    });
}

/** Stores what changed of a device. */
export async function updateDevice(
  transaction: StoreTransaction,
  { device, facts, deployables }: DeviceDiff,
  ids: IdMaker,
): Promise<void> {
  await transaction.devices.update(device.id, facts);
  await updateDeployables(transaction, { deviceId: device.id, ...deployables }, ids);
  if (facts.health !== undefined) tellHealth(transaction, device, facts.health);
  const changed = Object.keys(facts).filter((name) => name !== 'health');
  if (deployables.added.length + deployables.changed.length + deployables.removed.length > 0)
    changed.push('deployables');
  if (changed.length > 0)
    transaction.events.add({
      type: 'device.changed',
      subject: device.id,
      host: device.host,
      data: { changed },
    });
}

/** Tells observers that a device feels otherwise than before. */
export function tellHealth(transaction: StoreTransaction, device: StoredDevice, health: Health): void {
  transaction.events.add({
    type: 'device.health',
    subject: device.id,
    host: device.host,
    data: { from: device.health.state, to: health.state, ...(health.reason && { reason: health.reason }) },
  });
}

async function insertDeployables(
  transaction: StoreTransaction,
  deployables: readonly (DiscoveredDeployable & { readonly deviceId: Uuid })[],
  { newId }: IdMaker,
): Promise<void> {
  const rows = deployables.map((deployable) => ({
    ...deployable,
    id: newId(),
    total: deployable.handles.length,
  }));
  await transaction.deployables.insert(rows);
  await transaction.deployables.insertHandles(
    rows.flatMap(({ id, handles }) => handles.map((handle) => ({ ...handle, deployableId: id }))),
  );
  await transaction.attributes.insert(
    rows.flatMap((row) =>
      attributesOf(row).map((entry) => ({ ...entry, id: newId(), deployableId: row.id })),
    ),
  );
}

async function updateDeployables(
  transaction: StoreTransaction,
  { deviceId, added, changed, removed }: DeployablesDiff & { readonly deviceId: Uuid },
  ids: IdMaker,
): Promise<void> {
  await transaction.deployables.remove(removed.map(({ id }) => id));
  for (const diff of changed) await updateDeployable(transaction, diff, ids);
  await insertDeployables(
    transaction,
    added.map((deployable) => ({ ...deployable, deviceId })),
    ids,
  );
}

async function updateDeployable(
  transaction: StoreTransaction,
  { deployable: { id }, facts, handles, attributes }: DeployableDiff,
  { newId }: IdMaker,
): Promise<void> {
  const { deployables } = transaction;
  await deployables.update(id, facts);
  await deployables.removeHandles(handles.removed.map(({ uuid }) => uuid));
  for (const { handle, changes } of handles.changed) await deployables.updateHandle(handle.uuid, changes);
  await deployables.insertHandles(handles.added.map((handle) => ({ ...handle, deployableId: id })));
  await transaction.attributes.remove(attributes.removed.map((attribute) => attribute.id));
  for (const { attribute, value } of attributes.changed)
    await transaction.attributes.update(attribute.id, value);
  await transaction.attributes.insert(
    attributes.added.map((entry) => ({ ...entry, id: newId(), deployableId: id })),
  );
}
