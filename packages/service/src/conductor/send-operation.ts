import type { Command, Operation } from '@cyborgjs/core';
import type { StoredOperation } from '../store/operation.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';

type Timing = Pick<ConductorContext, 'now' | 'settings'>;

/** Puts the command of an operation into the outbox; one that waits there already is replaced. */
export async function sendOperation(
  transaction: StoreTransaction,
  operation: StoredOperation,
): Promise<void> {
  const command = commandOf(operation);
  await transaction.outbox.add({ destination: operation.host, topic: topicOf(operation), content: command });
}

/** Tells the agent to end an operation; its command, if that still waits, does not leave any more. */
export async function sendCancel(
  transaction: StoreTransaction,
  { id, host }: StoredOperation,
): Promise<void> {
  await transaction.outbox.withdraw(host, topicOf({ id }));
  const command = { kind: 'cancel' as const, operationId: id };
  await transaction.outbox.add({ destination: host, topic: `cancel:${id}`, content: command });
}

/** Sends once more what the agent has not ended: the command, or the cancel where one was asked for. */
export async function resendOperation(
  transaction: StoreTransaction,
  operation: StoredOperation,
  timing: Timing,
): Promise<void> {
  if (isWaitingForRetry(operation) && (operation.nextAttemptAt ?? 0) > timing.now()) return;
  if (operation.cancelRequestedAt === null) await sendOperation(transaction, operation);
  else await sendCancel(transaction, operation);
  await transaction.operations.update(operation.id, {
    nextAttemptAt: nextAttemptAt(operation, timing),
    ...(isWaitingForRetry(operation) ? { error: null } : {}),
  });
}

/** Takes back whatever of an operation still waits to be sent. */
export async function withdrawOperation(
  transaction: StoreTransaction,
  { id, host }: StoredOperation,
): Promise<void> {
  await transaction.outbox.withdraw(host, topicOf({ id }));
}

/** When to look after an operation of which there was news just now; never later than its deadline. */
export function nextAttemptAt(
  { deadlineAt }: Pick<Operation, 'deadlineAt'>,
  { now, settings }: Timing,
): number {
  return Math.min(now() + settings.resendAfterMs, Date.parse(deadlineAt));
}

/** Whether its last attempt failed and the next one has not been sent yet. */
export function isWaitingForRetry({ state, error }: Pick<Operation, 'state' | 'error'>): boolean {
  return state === 'pending' && error !== null;
}

const topicOf = ({ id }: Pick<Operation, 'id'>): string => `operation:${id}`;

function commandOf(operation: StoredOperation): Command {
  return {
    kind: 'operation',
    operationId: operation.id,
    verb: operation.verb,
    driver: operation.driver,
    device: operation.target,
    arguments: { ...operation.arguments },
    deadlineAt: Date.parse(operation.deadlineAt),
  };
}
