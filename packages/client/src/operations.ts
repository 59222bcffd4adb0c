import {
  isFinal,
  Operation,
  OperationAttempt,
  type OperationState,
  type OperationVerb,
  operationStates,
  pageOf,
} from '@cyborgjs/core';
import type { CallOptions } from './call-api.ts';
import { type ListOptions, paginate } from './paginate.ts';
import { type PollOptions, pollUntil } from './poll-until.ts';
import { type IntentOptions, type NounInit, postIntent } from './post-intent.ts';

/** Which operations to list; all conditions must hold. */
export interface OperationFilter {
  readonly state?: OperationState;
  readonly host?: string;
  /** Id of a device. */
  readonly device?: string;
  readonly verb?: OperationVerb;
}

/** Operations: long-running intents. */
export interface Operations {
  list(filter?: OperationFilter, options?: ListOptions): AsyncIterable<Operation>;
  /** Rejects with `operation.not_found`. */
  get(id: string, options?: CallOptions): Promise<Operation>;
  /** Asks for it to be given up; it may still end otherwise when it was nearly done. */
  cancel(id: string, options?: IntentOptions): Promise<Operation>;
  /** Asks anew for what failed or was canceled: a new operation. Rejects with `operation.not_retryable`. */
  retry(id: string, options?: IntentOptions): Promise<Operation>;
  /** How its attempts ended on the host, with what was done there or, dry, would be. */
  attempts(id: string, options?: CallOptions): Promise<readonly OperationAttempt[]>;
  /**
   * Resolves with the operation once it has ended, well or not: look at its `state`. Rides out a service that
   * cannot be reached for a while.
   */
  wait(id: string, options?: PollOptions<Operation>): Promise<Operation>;
}

/** The operations behind a connection; `sleep` is the pause between two looks. */
export function createOperations(
  init: NounInit,
  sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>,
): Operations {
  const pathOf = (id: string) => `/v3/operations/${encodeURIComponent(id)}`;
  const get = (id: string, options?: CallOptions) =>
    init.callApi({ method: 'GET', path: pathOf(id), answer: Operation, ...options });
  return {
    list: (filter = {}, options = {}) =>
      paginate(init.callApi, { path: '/v3/operations', item: Operation, filter: { ...filter }, options }),
    get,
    cancel: (id, options) => postIntent(init, { path: `${pathOf(id)}/cancel`, answer: Operation }, options),
    retry: (id, options) => postIntent(init, { path: `${pathOf(id)}/retry`, answer: Operation }, options),
    attempts: async (id, options) => {
      const path = `${pathOf(id)}/attempts`;
      return (await init.callApi({ method: 'GET', path, answer: pageOf(OperationAttempt), ...options }))
        .items;
    },
    wait: (id, options = {}) => {
      const isDone = ({ state }: Operation) => isFinal(operationStates, state);
      return pollUntil({ look: (call) => get(id, call), isDone, sleep }, options);
    },
  };
}
