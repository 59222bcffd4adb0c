import { CyborgError } from '@cyborgjs/core';
import type { RequestWithGroup } from '../store/accelerator-request.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext, DeleteRequestsRequest } from './conductor.ts';
import { freeHandles } from './free-accelerator-requests.ts';
import { requestNotFound, whileHeldToFree } from './hold-accelerator-requests.ts';

/** Frees and removes requests. Of a server: none left is as good as done. By id: what is missing is told afterwards. */
export async function deleteAcceleratorRequests(
  order: DeleteRequestsRequest,
  context: ConductorContext,
): Promise<void> {
  const missing = await whileHeldToFree(context.store, order, async (transaction, { requests, missing }) => {
    if (requests.length > 0) await remove(transaction, requests, { order, context });
    return missing;
  });
  const [absent] = missing;
  if ('ids' in order.which && absent !== undefined) throw requestNotFound(absent);
}

async function remove(
  transaction: StoreTransaction,
  requests: readonly RequestWithGroup[],
  { order, context }: { readonly order: DeleteRequestsRequest; readonly context: ConductorContext },
): Promise<void> {
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
}

function refuseServed(requests: readonly RequestWithGroup[]): void {
  const served = requests.find(({ instanceId }) => instanceId !== null);
  if (served === undefined) return;
  throw new CyborgError(
    'accelerator_request.service_only',
    `ARQ ${served.id} is bound to instance ${served.instanceId}. Use the Compute API to manage instance accelerators.`,
    { details: { id: served.id, instance: served.instanceId } },
  );
}
