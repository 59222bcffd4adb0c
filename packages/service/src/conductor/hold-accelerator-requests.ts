import { CyborgError, type Uuid } from '@cyborgjs/core';
import type { AcceleratorRequestQuery, RequestWithGroup } from '../store/accelerator-request.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { DeleteRequestsRequest, RequestScope } from './conductor.ts';
import { needsAttach } from './handle-preparation.ts';

/** Requests that somebody may touch, and the ids that are none of these. */
export interface HeldRequests {
  readonly requests: readonly RequestWithGroup[];
  readonly missing: readonly Uuid[];
}

/** Holds requests and reads them as they then are, in the order of the ids. */
export async function holdAcceleratorRequests(
  { acceleratorRequests }: StoreTransaction,
  ids: readonly Uuid[],
  { onlyProject }: Pick<RequestScope, 'onlyProject'>,
): Promise<HeldRequests> {
  return inOrder(ids, await acceleratorRequests.hold({ ids, projectId: onlyProject ?? undefined }));
}

/**
 * Runs the work in a transaction that holds what has to be held before requests are freed, in the order host,
 * requests: a host only where its agent has to take something down. Which hosts these are shows when the requests are
 * held. Nothing has been changed then, and the transaction begins again with the hosts.
 */
export async function whileHeldToFree<Result>(
  store: Store,
  { which, onlyProject }: Pick<DeleteRequestsRequest, 'which' | 'onlyProject'>,
  work: (transaction: StoreTransaction, held: HeldRequests) => Promise<Result>,
): Promise<Result> {
  const query = { ...which, projectId: onlyProject ?? undefined };
  let hosts: readonly string[] = [];
  for (;;)
    try {
      return await store.transaction(async (transaction) => {
        const requests = await holdAndList(transaction, query, hosts);
        const ids = 'ids' in which ? [...new Set(which.ids)] : requests.map(({ id }) => id);
        return work(transaction, inOrder(ids, requests));
      });
    } catch (error) {
      if (!(error instanceof HostsNotHeld)) throw error;
      hosts = [...new Set([...hosts, ...error.hosts])].sort();
    }
}

/** These hosts have to be held, and are not. */
class HostsNotHeld extends Error {
  readonly hosts: readonly string[];

  constructor(hosts: readonly string[]) {
    super('the transaction begins again');
    this.hosts = hosts;
  }
}

async function holdAndList(
  { acceleratorRequests, deployables, hosts }: StoreTransaction,
  query: AcceleratorRequestQuery,
  heldHosts: readonly string[],
): Promise<readonly RequestWithGroup[]> {
  const holding = heldHosts.map((host) => hosts.hold(host));
  const [requests] = await Promise.all([acceleratorRequests.hold(query), ...holding]);
  const prepared = requests.filter(({ handle }) => handle !== null && needsAttach(handle));
  if (prepared.length === 0) return requests;
  // A request that has been unbound does not say any more where its handle is.
  const handles = await deployables.held(
    'accelerator_request',
    prepared.map(({ id }) => id),
  );
  const lacking = handles.map(({ host }) => host).filter((host) => !heldHosts.includes(host));
  if (lacking.length > 0) throw new HostsNotHeld(lacking);
  return requests;
}

function inOrder(ids: readonly Uuid[], requests: readonly RequestWithGroup[]): HeldRequests {
  const found = new Map(requests.map((request) => [request.id, request]));
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
