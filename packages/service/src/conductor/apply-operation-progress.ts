import { type FactOf, isFinal, operationStates } from '@cyborgjs/core';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { hearHost } from './hear-host.ts';
import { nextAttemptAt } from './send-operation.ts';

/** Notes how far an operation is; progress never falls. News of one that has ended is dropped. */
export async function applyOperationProgress(
  transaction: StoreTransaction,
  fact: FactOf<'operation-progress'>,
  context: ConductorContext,
): Promise<void> {
  if ((await hearHost(transaction, fact, context)) === undefined) return;
  const operation = await transaction.operations.find(fact.operationId);
  if (operation === undefined || operation.host !== fact.host || isFinal(operationStates, operation.state))
    return;
  const progress =
    fact.progress === null ? operation.progress : Math.max(fact.progress, operation.progress ?? 0);
  const changed =
    operation.state !== 'running' || progress !== operation.progress || fact.note !== operation.note;
  await transaction.operations.update(operation.id, {
    state: 'running',
    progress,
    note: fact.note,
    error: null,
    nextAttemptAt: nextAttemptAt(operation, context),
  });
  if (!changed) return;
  transaction.events.add({
    type: operation.state === 'running' ? 'operation.progress' : 'operation.started',
    subject: operation.id,
    host: operation.host,
    data: { verb: operation.verb, device: operation.deviceId, progress, note: fact.note },
  });
}
