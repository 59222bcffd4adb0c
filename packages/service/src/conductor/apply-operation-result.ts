import { type FactOf, isFinal, OperationPlan, operationStates } from '@cyborgjs/core';
import type { StoredOperation } from '../store/operation.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { endOperation } from './end-operation.ts';
import { hearHost } from './hear-host.ts';
import type { OperationEnd } from './operation-end.ts';
import { retryPauseMs } from './retry-pause.ts';
import { isWaitingForRetry } from './send-operation.ts';

type ResultFact = FactOf<'operation-result'>;

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
  if (!isWaitingForRetry(operation)) await noteAttempt(transaction, operation, outcome);
  switch (outcome.kind) {
    case 'succeeded':
      return endOperation(transaction, { operation, state: 'succeeded', result: outcome.result }, context);
    case 'canceled':
      return endOperation(transaction, canceled(operation), context);
    case 'failed':
      return applyFailure(transaction, { operation, failed: outcome }, context);
  }
}

async function noteAttempt(
  { operations }: StoreTransaction,
  { id, attempts: attempt, arguments: terms }: StoredOperation,
  outcome: ResultFact['outcome'],
): Promise<void> {
  const plan = outcome.kind === 'succeeded' ? OperationPlan.safeParse(outcome.result).data?.plan : undefined;
  await operations.noteAttempt(id, {
    attempt,
    outcome: outcome.kind,
    error: outcome.kind === 'failed' ? outcome.error : null,
    done: outcome.done ?? { steps: [], left: 0 },
    plan: terms.dryRun === true && plan !== undefined ? plan : null,
  });
}

/** The end of an operation that somebody canceled. */
export function canceled(operation: StoredOperation): OperationEnd {
  const byAgent = operation.cancelRequestedAt === null;
  const message = byAgent ? 'the agent canceled it' : 'it was canceled before it had succeeded';
  return { operation, state: 'canceled', error: { code: 'operation.canceled', message } };
}

interface FailedAttempt {
  readonly operation: StoredOperation;
  readonly failed: Extract<ResultFact['outcome'], { kind: 'failed' }>;
}

async function applyFailure(
  transaction: StoreTransaction,
  { operation, failed: { error, retry } }: FailedAttempt,
  context: ConductorContext,
): Promise<void> {
  if (isWaitingForRetry(operation)) return;
  if (operation.cancelRequestedAt !== null) return endOperation(transaction, canceled(operation), context);
  const { now, settings } = context;
  const pauseMs = retry === 'now' ? 0 : retryPauseMs(operation.attempts, context);
  const inTime = now() + pauseMs < Date.parse(operation.deadlineAt);
  if (retry === 'never' || operation.attempts >= settings.maxAttempts || !inTime)
    return endOperation(transaction, { operation, state: 'failed', error }, context);
  const attempts = operation.attempts + 1;
  const nextAttemptAt = now() + pauseMs;
  await transaction.operations.update(operation.id, { state: 'pending', attempts, error, nextAttemptAt });
  transaction.events.add({
    type: 'operation.retried',
    subject: operation.id,
    host: operation.host,
    data: { verb: operation.verb, device: operation.deviceId, attempt: attempts, error },
  });
}
