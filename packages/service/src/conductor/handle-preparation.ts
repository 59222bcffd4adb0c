import type { DeviceProfileGroup, OperationVerb } from '@cyborgjs/core';
import type { HeldHandle } from '../store/deployable.ts';
import type { StoredOperation } from '../store/operation.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { Asker, ConductorContext } from './conductor.ts';
import type { ImageSource } from './image-source.ts';
import { type OperationOrder, startOperation } from './start-operation.ts';

/** What the driver is told beside the handle: the `accel:` properties of the group. */
export function accelOptions(group: DeviceProfileGroup | undefined): Record<string, string> {
  const entries = Object.entries(group ?? {});
  return Object.fromEntries(
    entries.flatMap(([key, value]) => (key.startsWith('accel:') && value !== null ? [[key, value]] : [])),
  );
}

/**
 * Whether a driver has to make something before a server can use the handle, a mediated device say, and to take it
 * down before the handle can be given to another. A plain PCI function is rebound by libvirt itself.
 */
export function needsAttach({ type }: Pick<HeldHandle, 'type'>): boolean {
  return type !== 'PCI' && type !== 'TEST_PCI';
}

interface Preparation extends PreparationTarget {
  readonly verb: 'attach' | 'detach';
  readonly options?: Readonly<Record<string, string>> | undefined;
}

interface PreparationTarget {
  readonly handle: HeldHandle;
  /** Server that it is for; null where nobody knows any more. */
  readonly instanceId: string | null;
  readonly asker: Asker;
}

/** Starts the operation that has a driver program the device of a handle for a server. Hold the host first. */
export function startProgramming(
  transaction: StoreTransaction,
  { source, ...target }: PreparationTarget & { readonly source: ImageSource },
  context: ConductorContext,
): Promise<StoredOperation> {
  return start(transaction, { verb: 'program', ...target, arguments: { source } }, context);
}

/** Starts the operation that has a driver attach or detach a handle for a server. Hold the host first. */
export async function startPreparation(
  transaction: StoreTransaction,
  { verb, handle, instanceId, options = {}, asker }: Preparation,
  context: ConductorContext,
): Promise<StoredOperation> {
  const terms = {
    handle: { id: handle.id, type: handle.type },
    consumer: { type: 'instance', id: instanceId ?? handle.holder.id, via: 'nova' },
    options,
    // The agent knows the server that it was attached for; with the request gone, we do not.
    ...(verb === 'detach' && instanceId === null ? { force: true } : {}),
  };
  return start(transaction, { verb, handle, instanceId, asker, arguments: terms }, context);
}

interface Start extends PreparationTarget {
  readonly verb: OperationVerb;
  readonly arguments: Readonly<Record<string, unknown>>;
}

async function start(
  transaction: StoreTransaction,
  { verb, handle, asker, arguments: terms }: Start,
  context: ConductorContext,
): Promise<StoredOperation> {
  const device = await transaction.devices.get(handle.deviceId);
  const order: OperationOrder = {
    verb,
    host: device.host,
    driver: device.driver,
    device,
    asker,
    // Not for the driver: says whose the handle is when the operation has ended.
    arguments: { request: handle.holder.id, ...terms },
    deadlineMs: context.settings.bindDeadlineMs,
  };
  return startOperation(transaction, order, context);
}
