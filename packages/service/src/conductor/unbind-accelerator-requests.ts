import type { ConductorContext, UnbindRequest } from './conductor.ts';
import { freeHandles } from './free-accelerator-requests.ts';
import { requestNotFound, whileHeldToFree } from './hold-accelerator-requests.ts';

/** Frees what the requests hold and forgets what they were bound to; they keep their project. */
export function unbindAcceleratorRequests(
  { ids, ...scope }: UnbindRequest,
  context: ConductorContext,
): Promise<void> {
  const which = { which: { ids }, onlyProject: scope.onlyProject };
  return whileHeldToFree(context.store, which, async (transaction, { requests, missing }) => {
    const [absent] = missing;
    if (absent !== undefined) throw requestNotFound(absent);
    await freeHandles(transaction, requests, { requestedBy: scope.requestedBy, context });
    await transaction.acceleratorRequests.update(ids, {
      state: 'Unbound',
      host: null,
      providerId: null,
      instanceId: null,
      operationId: null,
      failure: null,
    });
    for (const { id, host, instanceId } of requests)
      transaction.events.add({
        type: 'accelerator_request.unbound',
        subject: id,
        host,
        data: { instance: instanceId, requestedBy: scope.requestedBy },
      });
  });
}
