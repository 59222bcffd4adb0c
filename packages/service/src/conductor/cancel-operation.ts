import { isFinal, operationStates } from '@cyborgjs/core';
import type { StoredOperation } from '../store/operation.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { CancelRequest, ConductorContext } from './conductor.ts';
import { requireVersion } from './require-version.ts';
import { sendCancel } from './send-operation.ts';

/**
 * Asks for the end of an operation. The agent answers how it ended, which may still be with success; when it does
 * not answer within the grace, the operation ends as canceled without it.
 */
export function cancelOperation(
  { operation: id, ifVersion }: CancelRequest,
  context: ConductorContext,
): Promise<StoredOperation> {
  return context.store.transaction(async (transaction) => {
    const { host } = await transaction.operations.get(id);
    await transaction.hosts.lock(host);
    const operation = await transaction.operations.get(id);
    if (isFinal(operationStates, operation.state) || operation.cancelRequestedAt !== null) return operation;
    requireVersion('operation', operation, ifVersion);
    await askToEnd(transaction, operation, context);
    return transaction.operations.get(id);
  });
}

/**
 * Tells the agent to end an operation that has not ended, and nobody to wait longer than the grace; once is enough.
 * Hold the host first.
 */
export async function askToEnd(
  transaction: StoreTransaction,
  operation: StoredOperation,
  { now, settings }: Pick<ConductorContext, 'now' | 'settings'>,
): Promise<void> {
  if (operation.cancelRequestedAt !== null) return;
  const deadlineAt = Math.min(Date.parse(operation.deadlineAt), now() + settings.cancelGraceMs);
  await transaction.operations.update(operation.id, {
    cancelRequestedAt: now(),
    deadlineAt,
    nextAttemptAt: deadlineAt,
  });
  await sendCancel(transaction, operation);
}
