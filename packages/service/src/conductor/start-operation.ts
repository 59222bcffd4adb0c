import { isDeepStrictEqual } from 'node:util';
import { CyborgError, type OperationVerb } from '@cyborgjs/core';
import type { StoredDevice } from '../store/device.ts';
import type { StoredOperation } from '../store/operation.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { Asker, ConductorContext } from './conductor.ts';
import { nextAttemptAt, sendOperation } from './send-operation.ts';

/** What an operation is to do, and for whom. */
export interface OperationOrder {
  readonly verb: OperationVerb;
  readonly host: string;
  /** Null for all drivers. */
  readonly driver: string | null;
  /** Null where it concerns the whole host. */
  readonly device: StoredDevice | null;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly asker: Asker;
  /** Left out: that of the settings. */
  readonly deadlineMs?: number | undefined;
}

/**
 * The operation that the same asker got for the same key, if there is one. Throws `idempotency.reused` when it was
 * another request. To be called before the state of anything is looked at.
 */
export async function findRepeat(
  transaction: StoreTransaction,
  order: OperationOrder,
): Promise<StoredOperation | undefined> {
  const { requestedBy, idempotencyKey } = order.asker;
  if (idempotencyKey === undefined) return undefined;
  const found = await transaction.operations.findByKey(requestedBy, idempotencyKey);
  if (found === undefined || isSameRequest(found, order)) return found;
  throw new CyborgError(
    'idempotency.reused',
    `the idempotency key ${idempotencyKey} was used for ${found.verb} (operation ${found.id}); use a new one`,
    { details: { idempotencyKey, operation: found.id } },
  );
}

/** Stores an operation together with the command that starts it. */
export async function startOperation(
  transaction: StoreTransaction,
  order: OperationOrder,
  context: Pick<ConductorContext, 'now' | 'newId' | 'settings'>,
): Promise<StoredOperation> {
  const { verb, host, driver, device, asker } = order;
  const id = context.newId();
  const deadlineAt = context.now() + (order.deadlineMs ?? context.settings.operationDeadlineMs);
  await transaction.operations.insert({
    id,
    verb,
    host,
    driver,
    deviceId: device?.id ?? null,
    target: device && { identity: device.identity, address: device.address },
    arguments: order.arguments,
    requestedBy: asker.requestedBy,
    idempotencyKey: asker.idempotencyKey ?? null,
    deadlineAt,
    nextAttemptAt: nextAttemptAt({ deadlineAt: new Date(deadlineAt).toISOString() }, context),
  });
  const operation = await transaction.operations.get(id);
  await sendOperation(transaction, operation);
  transaction.events.add({
    type: 'operation.requested',
    subject: id,
    host,
    data: { verb, device: operation.deviceId, requestedBy: asker.requestedBy },
  });
  return operation;
}

function isSameRequest(found: StoredOperation, order: OperationOrder): boolean {
  return (
    found.verb === order.verb &&
    found.host === order.host &&
    found.driver === order.driver &&
    found.deviceId === (order.device?.id ?? null) &&
    isDeepStrictEqual(found.arguments, order.arguments)
  );
}
