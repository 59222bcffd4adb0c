import type { Uuid } from '@cyborgjs/core';
import type { RequestWithGroup } from '../store/accelerator-request.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { freeHandles } from './free-accelerator-requests.ts';
import { accelOptions, needsAttach, startPreparation } from './handle-preparation.ts';
import { ImageSource, plainFunctionId } from './image-source.ts';
import type { OperationEnd } from './operation-end.ts';
import { showsFunction } from './plan-programming.ts';
import { addBindingNews } from './tell-nova.ts';

/**
 * What follows from the end of a program, an attach or a detach that was for an accelerator request: it is bound, or
 * nothing of its server is; the handle is free. A request that has moved on meanwhile is left alone. Hold the host
 * first.
 */
export async function settlePreparation(
  transaction: StoreTransaction,
  end: OperationEnd,
  context: ConductorContext,
): Promise<void> {
  const { id, verb } = end.operation;
  if (verb === 'detach') await settleDetach(transaction, end);
  if (verb !== 'attach' && verb !== 'program') return;
  const { acceleratorRequests } = transaction;
  const [request] = await acceleratorRequests.hold({ operationId: id });
  if (request?.state !== 'BindStarted' || request.instanceId === null) {
    if (verb === 'program') await freeLeftHandle(transaction, end);
    return;
  }
  const reason = end.state === 'succeeded' ? await missingFunction(transaction, end) : end.error.message;
  if (reason !== undefined) await giveUp(transaction, request, { reason, context });
  else if (verb === 'attach' || !(await goOn(transaction, request, context)))
    await noteAttached(transaction, request);
  const all = await acceleratorRequests.list({ instanceId: request.instanceId });
  await addBindingNews(transaction, all, context);
}

/** What is in the card now decides, not what the image was said to have. */
async function missingFunction(
  { deployables }: StoreTransaction,
  end: OperationEnd & { readonly state: 'succeeded' },
): Promise<string | undefined> {
  const source = ImageSource.safeParse(end.operation.arguments.source).data;
  if (source?.kind !== 'function') return undefined;
  const { items } = await deployables.list({ deviceId: end.operation.deviceId ?? '' });
  const version = String(end.result.version ?? '');
  const has =
    items.some((deployable) => showsFunction(deployable, source.functionId)) ||
    plainFunctionId(version).includes(plainFunctionId(source.functionId));
  if (has) return undefined;
  return `the device was programmed and has ${version || 'no function'}; the profile wants function ${source.functionId}`;
}

/** Goes on to the attach where the handle needs one; false where all is done. */
async function goOn(
  transaction: StoreTransaction,
  { id, instanceId, group }: RequestWithGroup,
  context: ConductorContext,
): Promise<boolean> {
  const [handle] = await transaction.deployables.held('accelerator_request', [id]);
  if (handle === undefined || !needsAttach(handle)) return false;
  const preparation = {
    verb: 'attach',
    handle,
    instanceId,
    options: accelOptions(group),
    asker: { requestedBy: 'cyborg' },
  } as const;
  const operation = await startPreparation(transaction, preparation, context);
  await transaction.acceleratorRequests.update([id], { operationId: operation.id });
  return true;
}

/** The request did not want its device any more, and only now nobody writes to that. */
async function freeLeftHandle(
  { acceleratorRequests, deployables }: StoreTransaction,
  { operation }: OperationEnd,
): Promise<void> {
  const { request: id } = operation.arguments;
  if (typeof id !== 'string') return;
  const request = await acceleratorRequests.find(id);
  if (request?.state === 'BindStarted' || request?.state === 'Bound') return;
  const [handle] = await deployables.held('accelerator_request', [id]);
  if (handle !== undefined && !needsAttach(handle)) await deployables.releaseHandle(handle.holder);
}

async function noteAttached(
  { acceleratorRequests, events }: StoreTransaction,
  { id, host, instanceId, providerId }: RequestWithGroup,
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
  { instanceId }: RequestWithGroup,
  { reason, context }: { readonly reason: string; readonly context: ConductorContext },
): Promise<void> {
  const { acceleratorRequests, events } = transaction;
  if (instanceId === null) return;
  const requests = await acceleratorRequests.hold({ instanceId });
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
