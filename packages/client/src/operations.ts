import { isFinal, Operation, type OperationState, type OperationVerb, operationStates } from '@cyborgjs/core';
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
    wait: (id, options = {}) => {
      const isDone = ({ state }: Operation) => isFinal(operationStates, state);
      return pollUntil({ look: (call) => get(id, call), isDone, sleep }, options);
    },
  };
}
