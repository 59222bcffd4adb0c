import type { DeviceProfileGroup } from '@cyborgjs/core';
import type { HeldHandle } from '../store/deployable.ts';
import type { StoredOperation } from '../store/operation.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { Asker, ConductorContext } from './conductor.ts';
import { type OperationOrder, startOperation } from './start-operation.ts';

/** Keys of a group that say what a programmable accelerator has to be programmed with. */
const programKeys = ['accel:bitstream_id', 'accel:function_id'] as const;

/** What the driver is told beside the handle: the `accel:` properties of the group. */
export function accelOptions(group: DeviceProfileGroup | undefined): Record<string, string> {
  const entries = Object.entries(group ?? {});
  return Object.fromEntries(
    entries.flatMap(([key, value]) => (key.startsWith('accel:') && value !== null ? [[key, value]] : [])),
  );
}

/**
 * Whether a driver has to do something before a server can use the handle: make the mediated device, program the
 * card. A plain PCI function is rebound by libvirt itself.
 */
export function needsAttach(
  handle: Pick<HeldHandle, 'type'>,
  group: DeviceProfileGroup | undefined,
): boolean {
  return needsDetach(handle) || programKeys.some((key) => group?.[key] != null);
}

/** Whether a driver has to take something down before the handle can be given to another. */
export function needsDetach({ type }: Pick<HeldHandle, 'type'>): boolean {
  return type !== 'PCI' && type !== 'TEST_PCI';
}

interface Preparation {
  readonly verb: 'attach' | 'detach';
  readonly handle: HeldHandle;
  /** Server that it is for; null where nobody knows any more. */
  readonly instanceId: string | null;
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly asker: Asker;
}

/** Starts the operation that has a driver attach or detach a handle for a server. Hold the host first. */
export async function startPreparation(
  transaction: StoreTransaction,
  { verb, handle, instanceId, options = {}, asker }: Preparation,
  context: ConductorContext,
): Promise<StoredOperation> {
  const device = await transaction.devices.get(handle.deviceId);
  const order: OperationOrder = {
    verb,
    host: device.host,
    driver: device.driver,
    device,
    asker,
    arguments: {
      // Not for the driver: says whose the handle is when the operation has ended.
      request: handle.holder.id,
      handle: { id: handle.id, type: handle.type },
      consumer: { type: 'instance', id: instanceId ?? handle.holder.id, via: 'nova' },
      options,
      // The agent knows the server that it was attached for; with the request gone, we do not.
      ...(verb === 'detach' && instanceId === null ? { force: true } : {}),
    },
    deadlineMs: context.settings.bindDeadlineMs,
  };
  return startOperation(transaction, order, context);
}
