import { CyborgError, type Uuid } from '@cyborgjs/core';
import type { StoredAcceleratorRequest } from '../store/accelerator-request.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext, DeleteRequestsRequest } from './conductor.ts';
import { freeHandles, holdToFree } from './free-accelerator-requests.ts';
import { requestNotFound } from './hold-accelerator-requests.ts';

/** Frees and removes requests. Of a server: none left is as good as done. By id: what is missing is told afterwards. */
export async function deleteAcceleratorRequests(
  order: DeleteRequestsRequest,
  context: ConductorContext,
): Promise<void> {
  const missing = await context.store.transaction((transaction) => remove(transaction, order, context));
  const [absent] = missing;
  if ('ids' in order.which && absent !== undefined) throw requestNotFound(absent);
}

async function remove(
  transaction: StoreTransaction,
  order: DeleteRequestsRequest,
  context: ConductorContext,
): Promise<readonly Uuid[]> {
  const { requests, missing } = await holdToFree(transaction, order.which, order);
  if (!order.evenServed) refuseServed(requests);
  const { requestedBy } = order;
  await freeHandles(transaction, requests, { requestedBy, context });
  await transaction.acceleratorRequests.remove(requests.map(({ id }) => id));
  for (const { id, host, instanceId } of requests)
    transaction.events.add({
      type: 'accelerator_request.deleted',
      subject: id,
      host,
      data: { instance: instanceId, requestedBy },
    });
  return missing;
}

function refuseServed(requests: readonly StoredAcceleratorRequest[]): void {
  const served = requests.find(({ instanceId }) => instanceId !== null);
  if (served === undefined) return;
  throw new CyborgError(
    'accelerator_request.service_only',
    `ARQ ${served.id} is bound to instance ${served.instanceId}. Use the Compute API to manage instance accelerators.`,
    { details: { id: served.id, instance: served.instanceId } },
  );
}
