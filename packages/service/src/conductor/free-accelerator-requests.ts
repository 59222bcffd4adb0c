import type { Uuid } from '@cyborgjs/core';
import type { RequestWithGroup } from '../store/accelerator-request.ts';
import type { HeldHandle } from '../store/deployable.ts';
import type { StoreTransaction } from '../store/store.ts';
import { askToEnd } from './cancel-operation.ts';
import type { ConductorContext } from './conductor.ts';
import { needsAttach, startPreparation } from './handle-preparation.ts';

interface Freeing {
  readonly requestedBy: string;
  readonly context: ConductorContext;
}

/**
 * Frees what some requests hold. A handle that a driver has prepared stays held until the driver has taken it down
 * again: the operation that does so is started here.
 */
export async function freeHandles(
  transaction: StoreTransaction,
  requests: readonly RequestWithGroup[],
  freeing: Freeing,
): Promise<void> {
  const holding = requests.filter(({ handle }) => handle !== null);
  if (holding.length === 0) return;
  const programming = await stopProgramming(transaction, holding, freeing);
  const prepared = holding.filter(({ handle }) => handle !== null && needsAttach(handle));
  const plain = holding.filter((request) => !prepared.includes(request) && !programming.has(request.id));
  await transaction.deployables.releaseHandles(
    'accelerator_request',
    plain.map(({ id }) => id),
  );
  if (prepared.length === 0) return;
  const instanceOf = new Map(prepared.map(({ id, instanceId }) => [id, instanceId]));
  for (const handle of await transaction.deployables.held('accelerator_request', [...instanceOf.keys()])) {
    await stopAttaching(transaction, handle, freeing);
    await startDetach(transaction, { handle, instanceId: instanceOf.get(handle.holder.id) ?? null }, freeing);
  }
}

/**
 * Ends what still attaches a handle for its request, be it that this is being bound or that the host had lost it: none
 * of it may come after the detach.
 */
async function stopAttaching(
  transaction: StoreTransaction,
  { deviceId, holder }: HeldHandle,
  { context }: Freeing,
): Promise<void> {
  const { items } = await transaction.operations.list({ deviceId, verb: 'attach', open: true });
  for (const operation of items)
    if (operation.arguments.request === holder.id) await askToEnd(transaction, operation, context);
}

/**
 * Ends the programming that goes on for some requests, and tells which these are: what they hold is free when that has
 * ended, so that nobody gets a device that is still being written to.
 */
async function stopProgramming(
  transaction: StoreTransaction,
  requests: readonly RequestWithGroup[],
  { context }: Freeing,
): Promise<ReadonlySet<Uuid>> {
  const programming = new Set<Uuid>();
  for (const { id, state, operationId } of requests) {
    if (state !== 'BindStarted' || operationId === null) continue;
    const operation = await transaction.operations.find(operationId);
    if (operation?.verb !== 'program' || operation.endedAt !== null) continue;
    programming.add(id);
    // Behind the requests: a transaction that comes the other way is run again.
    await transaction.hosts.hold(operation.host);
    if (operation.cancelRequestedAt === null) await askToEnd(transaction, operation, context);
  }
  return programming;
}

/** Has a driver take a handle down; it is free when the operation has succeeded. Hold the host first. */
export async function startDetach(
  transaction: StoreTransaction,
  { handle, instanceId }: { readonly handle: HeldHandle; readonly instanceId: string | null },
  { requestedBy, context }: Freeing,
): Promise<void> {
  const preparation = { verb: 'detach', handle, instanceId, asker: { requestedBy } } as const;
  await startPreparation(transaction, preparation, context);
}
