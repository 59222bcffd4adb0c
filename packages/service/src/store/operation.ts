import type {
  Operation,
  OperationAttempt,
  OperationFailure,
  OperationState,
  OperationVerb,
  Page,
  Uuid,
} from '@cyborgjs/core';
import type { ListQuery } from './list-query.ts';

/** An operation with what only the conductor needs. Times are milliseconds since the epoch. */
export interface StoredOperation extends Operation {
  readonly number: number;
  /** Rises with every change; what ETags are made of. */
  readonly version: number;
  /** Null for a `discover` with all drivers. */
  readonly driver: string | null;
  /** The device as the agent knows it; null where it concerns the whole host. */
  readonly target: { readonly identity: string; readonly address: string } | null;
  /** Arguments of the verb. */
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly idempotencyKey: string | null;
  /**
   * When a conductor takes it up again unless there is news before: to send its command (again) or to end it at its
   * deadline. Null once it has ended. Whoever takes it up moves this on in the same transaction, so it is also the
   * lease: when that conductor dies, another one takes it up then.
   */
  readonly nextAttemptAt: number | null;
  readonly cancelRequestedAt: number | null;
}

export interface OperationQuery extends ListQuery {
  readonly host?: string | undefined;
  readonly deviceId?: string | undefined;
  readonly state?: OperationState | undefined;
  readonly verb?: OperationVerb | undefined;
  /** True: only those that have not ended; false: only those that have. */
  readonly open?: boolean | undefined;
  /** Only those that have ended after this time; milliseconds since the epoch. */
  readonly endedSince?: number | undefined;
}

/** How many operations are in a state: for metrics. */
export interface OperationCount {
  readonly state: OperationState;
  readonly count: number;
}

/** What can be asked about operations. */
export interface OperationReads {
  /** Newest first; the marker is an id. */
  list(query?: OperationQuery): Promise<Page<StoredOperation>>;
  find(id: string): Promise<StoredOperation | undefined>;
  /** Throws `operation.not_found`. */
  get(id: string): Promise<StoredOperation>;
  /** What the same asker has asked before under the same key. */
  findByKey(requestedBy: string, idempotencyKey: string): Promise<StoredOperation | undefined>;
  /** What writes an image to a device now; one that only plans that is not meant. */
  findProgramming(deviceId: string): Promise<StoredOperation | undefined>;
  /** How its attempts ended on its host, the first one first. */
  attempts(id: string): Promise<readonly OperationAttempt[]>;
  /** Operations that are to be taken up by a time, longest waiting first. */
  listDue(by: number, limit: number): Promise<readonly Pick<StoredOperation, 'id' | 'host'>[]>;
  /** Ids of operations that ended before a time. */
  endedBefore(before: number, limit: number): Promise<readonly Uuid[]>;
  count(): Promise<readonly OperationCount[]>;
}

/** An operation to store; it starts `pending`, in its first attempt. */
export interface NewOperation
  extends Pick<
    StoredOperation,
    'id' | 'verb' | 'host' | 'driver' | 'deviceId' | 'target' | 'arguments' | 'requestedBy' | 'idempotencyKey'
  > {
  readonly deadlineAt: number;
  readonly nextAttemptAt: number;
}

/** What may change of an operation; what is left out stays. */
export interface OperationChanges {
  readonly state?: OperationState;
  readonly progress?: number | null;
  readonly note?: string | null;
  readonly attempts?: number;
  readonly error?: OperationFailure | null;
  readonly endedAt?: number;
  readonly deadlineAt?: number;
  readonly nextAttemptAt?: number | null;
  readonly cancelRequestedAt?: number;
}

/** What a transaction can do to operations; hold the host first. */
export interface OperationWrites {
  insert(operation: NewOperation): Promise<void>;
  update(id: Uuid, changes: OperationChanges): Promise<void>;
  /** Notes how an attempt ended; the first word on it stays. */
  noteAttempt(id: Uuid, attempt: Omit<OperationAttempt, 'endedAt'>): Promise<void>;
  remove(ids: readonly Uuid[]): Promise<void>;
}
