import type { Uuid } from '@cyborgjs/core';
import type { StoredAcceleratorRequest } from '../store/accelerator-request.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { freeHandles } from './free-accelerator-requests.ts';
import type { OperationEnd } from './operation-end.ts';
import { addBindingNews } from './tell-nova.ts';

/**
 * What follows from the end of an attach or a detach that was for an accelerator request: it is bound, or nothing of its
 * server is; the handle is free. A request that has moved on meanwhile is left alone. Hold the host first.
 */
export async function settlePreparation(
  transaction: StoreTransaction,
  end: OperationEnd,
  context: ConductorContext,
): Promise<void> {
  const { verb } = end.operation;
  if (verb === 'detach') await settleDetach(transaction, end);
  if (verb !== 'attach') return;
  const { acceleratorRequests } = transaction;
  await acceleratorRequests.hold({ operationId: end.operation.id });
  const [request] = await acceleratorRequests.list({ operationId: end.operation.id });
  if (request?.state !== 'BindStarted' || request.instanceId === null) return;
  if (end.state === 'succeeded') await noteAttached(transaction, request);
  else await giveUp(transaction, request, { reason: end.error.message, context });
  const all = await acceleratorRequests.list({ instanceId: request.instanceId });
  await addBindingNews(transaction, all, context);
}

async function noteAttached(
  { acceleratorRequests, events }: StoreTransaction,
  { id, host, instanceId, providerId }: StoredAcceleratorRequest,
): Promise<void> {
  await acceleratorRequests.update([id], { state: 'Bound' });
  events.add({
    type: 'accelerator_request.bound',
    subject: id,
    host,
    data: { instance: instanceId, provider: providerId },
  });
}

/** A server with a part of its accelerators is of no use: what its other requests hold is given back too. */
async function giveUp(
  transaction: StoreTransaction,
  { instanceId }: StoredAcceleratorRequest,
  { reason, context }: { readonly reason: string; readonly context: ConductorContext },
): Promise<void> {
  const { acceleratorRequests, events } = transaction;
  if (instanceId === null) return;
  await acceleratorRequests.hold({ instanceId });
  const requests = await acceleratorRequests.list({ instanceId });
  await freeHandles(transaction, requests, { requestedBy: 'cyborg', context });
  await acceleratorRequests.update(
    requests.map(({ id }) => id),
    { state: 'BindFailed', failure: reason, operationId: null },
  );
  for (const { id, host, providerId } of requests)
    events.add({
      type: 'accelerator_request.bind_failed',
      subject: id,
      host,
      data: { instance: instanceId, provider: providerId, reason },
    });
}

/** Only now is the handle free; one that could not be taken down stays held, and the sweep tries again. */
async function settleDetach(
  { deployables }: StoreTransaction,
  { operation, state }: OperationEnd,
): Promise<void> {
  const { request } = operation.arguments;
  if (state !== 'succeeded' || typeof request !== 'string') return;
  await deployables.releaseHandle({ kind: 'accelerator_request', id: request as Uuid });
}
