import { type DeviceEvent, DiscoveredDevice, deviceLifeCycle, Image, transition } from '@cyborgjs/core';
import type { StoredDevice } from '../store/device.ts';
import type { StoreTransaction } from '../store/store.ts';
import { admitDevices } from './admit-devices.ts';
import type { ConductorContext } from './conductor.ts';
import { diffDevice, isUnchanged } from './diff-report.ts';
import { ImageSource } from './image-source.ts';
import { moveDevice } from './move-device.ts';
import { normaliseDevice } from './normalise-report.ts';
import type { OperationEnd } from './operation-end.ts';
import { isRetainedBy } from './retained-provider.ts';
import { withdrawOperation } from './send-operation.ts';
import { settleAttachment } from './settle-attachment.ts';
import { settlePreparation } from './settle-preparation.ts';
import { updateDevice } from './write-inventory.ts';

/**
 * Ends an operation that has not ended, with everything that follows from it: the state and the facts of its
 * device, which devices are open, and what observers are told. All in the caller's transaction.
 */
export async function endOperation(
  transaction: StoreTransaction,
  end: OperationEnd,
  context: ConductorContext,
): Promise<void> {
  const { operation, state } = end;
  const error = end.state === 'succeeded' ? null : end.error;
  await transaction.operations.update(operation.id, {
    state,
    endedAt: context.now(),
    nextAttemptAt: null,
    note: null,
    error,
    ...(state === 'succeeded' ? { progress: 1 } : {}),
  });
  await withdrawOperation(transaction, operation);
  transaction.events.add({
    type: 'operation.ended',
    subject: operation.id,
    host: operation.host,
    data: { verb: operation.verb, state, device: operation.deviceId, ...(error && { error }) },
  });
  await settleDevice(transaction, end, context);
  await noteImage(transaction, end);
  await settlePreparation(transaction, end, context);
  await settleAttachment(transaction, end, context);
}

async function settleDevice(
  transaction: StoreTransaction,
  end: OperationEnd,
  context: ConductorContext,
): Promise<void> {
  const { deviceId } = end.operation;
  const device = deviceId === null ? undefined : await transaction.devices.find(deviceId);
  const event = deviceEventOf(end);
  if (device === undefined || event === undefined) return;
  // The device may have gone its own way since: then the operation is history.
  if (transition(deviceLifeCycle, device.state, event) === undefined) return;
  if (end.state === 'succeeded')
    await takeFacts(transaction, { device, reported: end.result.device }, context);
  const reason = end.state === 'succeeded' ? null : end.error.message;
  const state = await moveDevice(transaction, device, { event, reason });
  if (state === 'ready') await admitDevices(transaction, device.host, context);
}

/** Writes down what a device was programmed with; an image that is not Glance's has no id that clients could look up. */
async function noteImage({ deployables }: StoreTransaction, end: OperationEnd): Promise<void> {
  const { verb, deviceId, arguments: wanted } = end.operation;
  if (verb !== 'program' || deviceId === null || end.state !== 'succeeded' || wanted.dryRun === true) return;
  const source = ImageSource.safeParse(wanted.source).data;
  const isOfGlance = source?.kind === 'glance' || source?.kind === 'function';
  const image = Image.pick({ id: true }).safeParse(end.result.image).data;
  const { items } = await deployables.list({ deviceId });
  for (const { id } of items)
    await deployables.update(id, { bitstreamId: isOfGlance ? (image?.id ?? null) : null });
}

function deviceEventOf({ operation, state }: OperationEnd): DeviceEvent | undefined {
  const { verb } = operation;
  // A dry run has changed nothing.
  if (operation.arguments.dryRun === true) return undefined;
  if (verb === 'install') return state === 'succeeded' ? 'installed' : 'install_failed';
  if (verb === 'uninstall') return state === 'succeeded' ? 'uninstalled' : 'uninstall_failed';
  return undefined;
}

/** An install may answer with the device as it is now (`result.device`); what does not fit waits for the next report. */
async function takeFacts(
  transaction: StoreTransaction,
  { device, reported }: { readonly device: StoredDevice; readonly reported: unknown },
  context: ConductorContext,
): Promise<void> {
  const parsed = DiscoveredDevice.safeParse(reported);
  if (!parsed.success) return;
  const normal = normaliseDevice({ ...parsed.data, identity: device.identity });
  const host = await transaction.hosts.get(device.host);
  const diff = diffDevice(device, normal, isRetainedBy(host));
  if (!isUnchanged(diff)) await updateDevice(transaction, diff, context);
}
