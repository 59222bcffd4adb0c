import { CyborgError, type Uuid } from '@cyborgjs/core';
import type { StoredAcceleratorRequest } from '../store/accelerator-request.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { RequestScope } from './conductor.ts';

/** Requests that somebody may touch, and the ids that are none of these. */
export interface HeldRequests {
  readonly requests: readonly StoredAcceleratorRequest[];
  readonly missing: readonly Uuid[];
}

/** Holds requests and reads them as they then are, in the order of the ids. */
export async function holdAcceleratorRequests(
  { acceleratorRequests }: StoreTransaction,
  ids: readonly Uuid[],
  { onlyProject }: Pick<RequestScope, 'onlyProject'>,
): Promise<HeldRequests> {
  const query = { ids, projectId: onlyProject ?? undefined };
  await acceleratorRequests.hold(query);
  const found = new Map((await acceleratorRequests.list(query)).map((request) => [request.id, request]));
  return {
    requests: ids.flatMap((id) => found.get(id) ?? []),
    missing: ids.filter((id) => !found.has(id)),
  };
}

/** The error for a request that is not there, or not for the asker to see; in Cyborg's words. */
export function requestNotFound(id: string): CyborgError {
  return new CyborgError('accelerator_request.not_found', `ExtArq not found with uuid=${id}`, {
    details: { id },
  });
}
