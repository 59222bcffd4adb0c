import { type FactOf, isFinal, type OperationFailure, operationStates } from '@cyborgjs/core';
import type { StoredOperation } from '../store/operation.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { endOperation } from './end-operation.ts';
import { hearHost } from './hear-host.ts';
import { cleanTexts } from './normalise-report.ts';
import { retryPauseMs } from './retry-pause.ts';
import { isWaitingForRetry } from './send-operation.ts';

type ResultFact = FactOf<'operation-result'>;
type FailedOutcome = Extract<ResultFact['outcome'], { kind: 'failed' }>;

/** Ends an operation, or lets it be tried again. A result that comes twice, or after the end, is dropped. */
export async function applyOperationResult(
  transaction: StoreTransaction,
  fact: ResultFact,
  context: ConductorContext,
): Promise<void> {
  if ((await hearHost(transaction, fact, context)) === undefined) return;
  const operation = await transaction.operations.find(fact.operationId);
  if (operation === undefined || operation.host !== fact.host || isFinal(operationStates, operation.state))
    return;
  const { outcome } = fact;
  switch (outcome.kind) {
    case 'succeeded':
      return endOperation(transaction, operation, { state: 'succeeded', result: outcome.result }, context);
    case 'canceled':
      return endOperation(transaction, operation, { state: 'canceled', error: canceled(operation) }, context);
    case 'failed':
      return applyFailure(transaction, operation, cleanTexts(outcome), context);
  }
}

/** What is noted of an operation that somebody ended. */
export function canceled({ cancelRequestedAt }: StoredOperation): OperationFailure {
  const message =
    cancelRequestedAt === null ? 'the agent canceled it' : 'it was canceled before it had succeeded';
  return { code: 'operation.canceled', message };
}

async function applyFailure(
  transaction: StoreTransaction,
  operation: StoredOperation,
  { error, retry }: FailedOutcome,
  context: ConductorContext,
): Promise<void> {
  if (isWaitingForRetry(operation)) return;
  if (operation.cancelRequestedAt !== null)
    return endOperation(transaction, operation, { state: 'canceled', error: canceled(operation) }, context);
  const { now, settings } = context;
  const pauseMs = retry === 'now' ? 0 : retryPauseMs(operation.attempts, context);
  const inTime = now() + pauseMs < Date.parse(operation.deadlineAt);
  if (retry === 'never' || operation.attempts >= settings.maxAttempts || !inTime)
    return endOperation(transaction, operation, { state: 'failed', error }, context);
  await transaction.operations.update(operation.id, {
    state: 'pending',
    attempts: operation.attempts + 1,
    error,
    nextAttemptAt: now() + pauseMs,
  });
  transaction.events.add({
    type: 'operation.retried',
    subject: operation.id,
    host: operation.host,
    data: { verb: operation.verb, device: operation.deviceId, attempt: operation.attempts + 1, error },
  });
}
