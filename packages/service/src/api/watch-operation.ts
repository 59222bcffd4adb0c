import { Operation } from '@cyborgjs/core';
import { z } from 'zod';
import type { StoredOperation } from '../store/operation.ts';
import type { ApiContext } from './api-components.ts';
import { eventFrame, lookUntil, nextLook, signOfLife } from './look-again.ts';

type Watched = Pick<ApiContext, 'store' | 'closing'>;

/** The operation when it has ended, or as it is when one of the signals comes first. Throws `operation.not_found`. */
export const awaitEnd = (
  { store, closing }: Watched,
  id: string,
  until: readonly AbortSignal[],
): Promise<StoredOperation> =>
  lookUntil(
    () => store.operations.get(id),
    ({ endedAt }) => endedAt !== null,
    [closing, ...until],
  );

/** An operation as server-sent events, one for each change, until it has ended or a signal comes. */
export async function* operationFrames(
  { store, closing }: Watched,
  id: string,
  until: readonly AbortSignal[],
): AsyncGenerator<string> {
  const signal = AbortSignal.any([closing, ...until]);
  let seen = -1;
  let quiet = 0;
  while (!signal.aborted) {
    const operation = await store.operations.get(id);
    quiet = operation.version === seen ? quiet + 1 : 0;
    seen = operation.version;
    const frame =
      quiet === 0 ? eventFrame('operation', seen, z.encode(Operation, operation)) : signOfLife(quiet);
    if (frame !== '') yield frame;
    if (operation.endedAt !== null) return;
    await nextLook(signal);
  }
}
