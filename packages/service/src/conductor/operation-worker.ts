import { isFinal, operationStates } from '@cyborgjs/core';
import type { StoredOperation } from '../store/operation.ts';
import type { StoreTransaction } from '../store/store.ts';
import { canceled } from './apply-operation-result.ts';
import type { ConductorContext } from './conductor.ts';
import { endOperation } from './end-operation.ts';
import { resendOperation, sendCancel } from './send-operation.ts';

const operationsPerRound = 100;

/**
 * Takes up the operations that are due: ends those whose deadline has passed and sends the commands of the others
 * (again). True when there may be more.
 */
export async function tendOperations(context: ConductorContext): Promise<boolean> {
  const due = await context.store.operations.listDue(context.now(), operationsPerRound);
  for (const { id, host } of due)
    await context.store.transaction(async (transaction) => {
      await transaction.hosts.lock(host);
      const operation = await transaction.operations.find(id);
      if (operation !== undefined && isDue(operation, context)) await tend(transaction, operation, context);
    });
  return due.length === operationsPerRound;
}

/** Asked again under the lock: another conductor may have been faster. */
function isDue({ state, nextAttemptAt }: StoredOperation, { now }: ConductorContext): boolean {
  return !isFinal(operationStates, state) && nextAttemptAt !== null && nextAttemptAt <= now();
}

async function tend(
  transaction: StoreTransaction,
  operation: StoredOperation,
  context: ConductorContext,
): Promise<void> {
  if (Date.parse(operation.deadlineAt) > context.now())
    return resendOperation(transaction, operation, context);
  if (operation.cancelRequestedAt !== null) return endOperation(transaction, canceled(operation), context);
  const message = `${operation.verb} did not end before its deadline ${operation.deadlineAt}; ${lastNews(operation)}`;
  const hint = 'see whether the agent of the host runs and reaches the bus, then ask again';
  const error = { code: 'operation.overdue', message, hint };
  await endOperation(transaction, { operation, state: 'failed', error }, context);
  await sendCancel(transaction, operation);
}

function lastNews({ state, error }: StoredOperation): string {
  if (error !== null) return `its last attempt failed: ${error.message}`;
  return state === 'pending' ? 'its agent never took it up' : 'its agent did not say how it ended';
}
