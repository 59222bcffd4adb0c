import { z } from 'zod';
import type { StateTable } from './state-table.ts';

/** States of an accelerator request (ARQ), in Cyborg's own spelling. */
export const AcceleratorRequestState = z.enum([
  'Initial',
  'BindStarted',
  'Bound',
  'Unbound',
  'BindFailed',
  'UnbindFailed',
  'Deleting',
]);
export type AcceleratorRequestState = z.output<typeof AcceleratorRequestState>;

export type AcceleratorRequestEvent =
  | 'bind'
  | 'bound'
  | 'bind_failed'
  | 'unbind'
  | 'unbind_failed'
  | 'delete';

/** Cyborg's state table; unbinding what was never bound is allowed and changes nothing but the state. */
export const acceleratorRequestStates: StateTable<AcceleratorRequestState, AcceleratorRequestEvent> = {
  noun: 'accelerator request',
  initial: 'Initial',
  transitions: {
    Initial: { bind: 'BindStarted', unbind: 'Unbound', delete: 'Deleting' },
    BindStarted: {
      bound: 'Bound',
      bind_failed: 'BindFailed',
      unbind: 'Unbound',
      unbind_failed: 'UnbindFailed',
      delete: 'Deleting',
    },
    Bound: { unbind: 'Unbound', unbind_failed: 'UnbindFailed', delete: 'Deleting' },
    Unbound: { bind: 'BindStarted', unbind: 'Unbound', delete: 'Deleting' },
    BindFailed: { unbind: 'Unbound', unbind_failed: 'UnbindFailed', delete: 'Deleting' },
    UnbindFailed: { unbind: 'Unbound', unbind_failed: 'UnbindFailed', delete: 'Deleting' },
    Deleting: {},
  },
};

/** Whether Nova may stop waiting for a request in this state. */
export function isResolved(state: AcceleratorRequestState): boolean {
  return state === 'Bound' || state === 'BindFailed' || state === 'Deleting';
}
