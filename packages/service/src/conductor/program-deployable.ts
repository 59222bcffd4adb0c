import { CyborgError, type DeviceState } from '@cyborgjs/core';
import type { StoredDevice } from '../store/device.ts';
import type { StoredOperation } from '../store/operation.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext, ProgramDeployableRequest } from './conductor.ts';
import { type ImageSource, isSameSource } from './image-source.ts';
import { lockDevice } from './lock-device.ts';
import { refuseHeld } from './refuse-held.ts';
import { findRepeat, startOperation } from './start-operation.ts';

/** States in which a device stands still, and is there. */
const programmableStates: readonly DeviceState[] = ['discovered', 'ready', 'disabled', 'install_failed'];
/** An asker waits no longer than this for the store of an image. */
const describeMs = 30_000;

/** Begins to program a device. The image is looked for first, so that one that is not there is refused at once. */
export async function programDeployable(
  { deployable: id, source, dryRun, ...asker }: ProgramDeployableRequest,
  context: ConductorContext,
): Promise<StoredOperation> {
  const { deviceId } = await context.store.deployables.get(id);
  await context.images.describe(source, AbortSignal.timeout(describeMs));
  return context.store.transaction(async (transaction) => {
    const device = await lockDevice(transaction, deviceId);
    const { host, driver } = device;
    const wanted = { source, ...(dryRun === true ? { dryRun } : {}) };
    const order = { verb: 'program', host, driver, device, arguments: wanted, asker } as const;
    const repeat =
      (await findRepeat(transaction, order)) ?? (await findUnderWay(transaction, device, wanted));
    if (repeat !== undefined) return repeat;
    requireStanding(device);
    await requireProgrammer(transaction, device);
    if (dryRun !== true) refuseHeld(device, 'programmed');
    if (source.kind === 'upload') await transaction.images.touch(source.id);
    return startOperation(transaction, order, context);
  });
}

/**
 * The operation that programs a device with this image already. Throws `device.being_programmed` for another image,
 * and for a plan: what that would start from is changing.
 */
async function findUnderWay(
  { operations }: StoreTransaction,
  { id: deviceId }: StoredDevice,
  wanted: { readonly source: ImageSource; readonly dryRun?: boolean },
): Promise<StoredOperation | undefined> {
  const underWay = await operations.findProgramming(deviceId);
  if (underWay === undefined) return undefined;
  if (wanted.dryRun !== true && isSameSource(underWay.arguments.source, wanted.source)) return underWay;
  throw beingProgrammed(deviceId, underWay.id);
}

/** The error for a device that gets an image at the moment. */
export function beingProgrammed(device: string, operation: string): CyborgError {
  return new CyborgError(
    'device.being_programmed',
    `device ${device} is being programmed, by operation ${operation}; wait for that, or cancel it`,
    { details: { device, operation } },
  );
}

/** Throws `device.not_programmable` when the driver of a device cannot do it. */
async function requireProgrammer(
  { hosts }: StoreTransaction,
  { id, host, driver }: StoredDevice,
): Promise<void> {
  const found = await hosts.findDriver(host, driver);
  if (found?.verbs.includes('program')) return;
  throw new CyborgError(
    'device.not_programmable',
    `device ${id} cannot be programmed: its driver ${driver} on ${host} has no verb program`,
    { details: { device: id, driver, host } },
  );
}

function requireStanding({ id, state }: StoredDevice): void {
  if (programmableStates.includes(state)) return;
  throw new CyborgError(
    'state.not_allowed',
    `device ${id} is ${state}; it can be programmed when it is ${programmableStates.join(', ')}`,
    { details: { device: id, state } },
  );
}
