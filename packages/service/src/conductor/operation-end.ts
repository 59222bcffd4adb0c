import type { OperationFailure } from '@cyborgjs/core';
import type { StoredOperation } from '../store/operation.ts';

/** An operation and how it ends. */
export type OperationEnd = { readonly operation: StoredOperation } & (
  | { readonly state: 'succeeded'; readonly result: Readonly<Record<string, unknown>> }
  | { readonly state: 'failed' | 'canceled'; readonly error: OperationFailure }
);
