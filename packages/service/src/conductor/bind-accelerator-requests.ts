import { acceleratorRequestStates, CyborgError, statesAllowing, transition, type Uuid } from '@cyborgjs/core';
import type { RequestWithGroup } from '../store/accelerator-request.ts';
import type { HeldHandle, ProvidedDeployable } from '../store/deployable.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { Binding, BindRequest, ConductorContext } from './conductor.ts';
import { accelOptions, needsAttach, startPreparation, startProgramming } from './handle-preparation.ts';
import { holdAcceleratorRequests, requestNotFound } from './hold-accelerator-requests.ts';
import type { ImageSource } from './image-source.ts';
import { planProgramming } from './plan-programming.ts';
import { addBindingNews } from './tell-nova.ts';

/** A request, what it is to be bound to, and the deployable whose handles are meant. */
interface Placed {
  readonly request: RequestWithGroup;
  readonly binding: Binding;
  readonly deployable: ProvidedDeployable;
}

/** The same, with the handle that it takes. */
interface Holding extends Placed {
  readonly handle: HeldHandle;
}

/**
 * Binds all of the requests, each to a free handle of exactly the provider asked for, or none of them. Where nothing is
 * free, all of them become `BindFailed`, hold nothing, and Nova is told; everything else that is wrong changes nothing.
 */
export async function bindAcceleratorRequests(
  request: BindRequest,
  context: ConductorContext,
): Promise<void> {
  const refusal = await context.store.transaction(async (transaction) => {
    const placed = await place(transaction, request);
    const refusal = await take(transaction, placed, { request, context });
    if (refusal === undefined) return undefined;
    await noteFailed(transaction, placed, { reason: refusal.message, context });
    return refusal;
  });
  if (refusal !== undefined) throw refusal;
}

/** Takes everything that is needed; why not, when that cannot be, with nothing taken. */
async function take(
  transaction: StoreTransaction,
  placed: readonly Placed[],
  { request, context }: Pick<Taken, 'request' | 'context'>,
): Promise<CyborgError | undefined> {
  const { deployables } = transaction;
  const free = new Map(placed.map(({ deployable }) => [deployable.id, deployable.free.values()]));
  const holding: Holding[] = [];
  for (const one of placed) {
    const { deviceId, host, id } = one.deployable;
    const handle = free.get(id)?.next().value;
    if (handle === undefined) return noneFree(one.deployable);
    const holder = { kind: 'accelerator_request', id: one.request.id } as const;
    holding.push({ ...one, handle: { ...handle, holder, deviceId, host } });
  }
  await deployables.holdHandles(
    'accelerator_request',
    holding.map(({ request, handle: { uuid } }) => ({ uuid, holderId: request.id })),
  );
  const plan = await planProgramming(transaction, placed);
  if (plan.kind === 'refused') {
    await deployables.releaseHandles('accelerator_request', idsOf(placed));
    return plan.refusal;
  }
  await noteTaken(transaction, holding, { request, context, sources: plan.sources });
  return undefined;
}

/** Holds everything that is concerned, in the order host, requests, and refuses what cannot be. */
async function place(transaction: StoreTransaction, order: BindRequest): Promise<Placed[]> {
  const { bindings } = order;
  const hosts = [...new Set(bindings.map((binding) => binding.host))].sort();
  const ids = bindings.map(({ id }) => id);
  const instances = [...new Set(bindings.map(({ instanceId }) => instanceId))];
  const providerIds = [...new Set(bindings.map((binding) => binding.providerId))];
  const [, { requests, missing }, served, provided] = await Promise.all([
    Promise.all(hosts.map((host) => transaction.hosts.hold(host))),
    holdAcceleratorRequests(transaction, ids, order),
    transaction.acceleratorRequests.servedAmong(instances),
    transaction.deployables.ofProviders(providerIds),
  ]);
  const [absent] = missing;
  if (absent !== undefined) throw requestNotFound(absent);
  refuseServed(served);
  for (const request of requests) requireBindable(request);
  const providers = new Map<string, ProvidedDeployable>(
    provided.map((deployable) => [deployable.providerId, deployable]),
  );
  return requests.map((request, index) => {
    const binding = bindings[index] as Binding;
    return { request, binding, deployable: requireOnHost(binding, providers.get(binding.providerId)) };
  });
}

function refuseServed([instanceId]: readonly string[]): void {
  if (instanceId === undefined) return;
  throw new CyborgError(
    'accelerator_request.instance_served',
    `Couldn't apply patch. Reason: Instance ${instanceId} already has accelerator requests. Cannot bind additional ARQs.`,
    { details: { instance: instanceId } },
  );
}

function requireBindable({ id, state, handle }: RequestWithGroup): void {
  if (transition(acceleratorRequestStates, state, 'bind') === undefined) {
    const expected = statesAllowing(acceleratorRequestStates, 'bind').map((name) => `'${name}'`);
    throw new CyborgError(
      'state.not_allowed',
      `Bad state: ${state} for ARQ: ${id}. Expected state(s): [${expected.join(', ')}]`,
      { details: { id, state } },
    );
  }
  if (handle === null) return;
  throw new CyborgError(
    'state.not_allowed',
    `ARQ ${id} still holds what it was bound to before, until its driver has taken that down; ask again`,
    { details: { id, handle: handle.uuid } },
  );
}

function requireOnHost(binding: Binding, deployable: ProvidedDeployable | undefined): ProvidedDeployable {
  const { host, providerId } = binding;
  if (deployable === undefined)
    throw new CyborgError(
      'deployable.not_found',
      `Deployable not found with resource provider uuid=${providerId}`,
      { details: { provider: providerId } },
    );
  if (deployable.host === host) return deployable;
  throw new CyborgError(
    'accelerator_request.wrong_host',
    `Couldn't apply patch. Reason: Resource provider ${providerId} is one of host ${deployable.host}, not of ${host}.`,
    { details: { provider: providerId, host: deployable.host } },
  );
}

function noneFree({ providerId, host }: ProvidedDeployable): CyborgError {
  return new CyborgError(
    'attach_handle.none_free',
    `AttachHandle not found: resource provider ${providerId} of host ${host} has none that is free`,
    { details: { provider: providerId, host } },
  );
}

interface Taken {
  readonly request: BindRequest;
  readonly context: ConductorContext;
  /** What devices have to be programmed with, by request. */
  readonly sources: ReadonlyMap<Uuid, ImageSource>;
}

/** Writes down what was taken: `Bound` where that is all, `BindStarted` where a driver has to do something first. */
async function noteTaken(
  transaction: StoreTransaction,
  holding: readonly Holding[],
  taken: Taken,
): Promise<void> {
  const { events } = transaction;
  const resolved: Placed[] = [];
  for (const one of holding)
    if (needsAttach(one.handle) || taken.sources.has(one.request.id)) await prepare(transaction, one, taken);
    else resolved.push(one);
  await noteState(transaction, resolved, { state: 'Bound' });
  for (const { request, binding } of resolved)
    events.add({
      type: 'accelerator_request.bound',
      subject: request.id,
      host: binding.host,
      data: {
        instance: binding.instanceId,
        provider: binding.providerId,
        requestedBy: taken.request.requestedBy,
      },
    });
  if (resolved.length < holding.length) return;
  await addBindingNews(transaction, outcomesOf(resolved, 'Bound'), taken.context);
}

/** Has the device programmed, or else the handle attached; what is programmed is attached afterwards, where it must be. */
async function prepare(
  transaction: StoreTransaction,
  { request, binding, handle }: Holding,
  { request: { requestedBy }, context, sources }: Taken,
): Promise<void> {
  const { instanceId } = binding;
  const target = { handle, instanceId, asker: { requestedBy } };
  const source = sources.get(request.id);
  const operation =
    source === undefined
      ? await startPreparation(
          transaction,
          { verb: 'attach', ...target, options: accelOptions(request.group) },
          context,
        )
      : await startProgramming(transaction, { ...target, source }, context);
  await transaction.acceleratorRequests.update([request.id], {
    ...columnsOf(binding),
    state: 'BindStarted',
    operationId: operation.id,
    failure: null,
  });
}

async function noteFailed(
  transaction: StoreTransaction,
  placed: readonly Placed[],
  { reason, context }: { readonly reason: string; readonly context: ConductorContext },
): Promise<void> {
  await noteState(transaction, placed, { state: 'BindFailed', failure: reason });
  for (const { request, binding } of placed)
    transaction.events.add({
      type: 'accelerator_request.bind_failed',
      subject: request.id,
      host: binding.host,
      data: { instance: binding.instanceId, provider: binding.providerId, reason },
    });
  await addBindingNews(transaction, outcomesOf(placed, 'BindFailed'), context);
}

/** One statement for all that are bound to the same. */
async function noteState(
  { acceleratorRequests }: StoreTransaction,
  placed: readonly Placed[],
  { state, failure = null }: { readonly state: 'Bound' | 'BindFailed'; readonly failure?: string | null },
): Promise<void> {
  const alike = Map.groupBy(placed, ({ binding }) => JSON.stringify(columnsOf(binding)));
  for (const group of alike.values()) {
    const [first] = group;
    if (first === undefined) continue;
    await acceleratorRequests.update(idsOf(group), {
      ...columnsOf(first.binding),
      state,
      failure,
      operationId: null,
    });
  }
}

function columnsOf({ host, providerId, instanceId, projectId }: Binding) {
  return { host, providerId, instanceId, ...(projectId === undefined ? {} : { projectId }) };
}

const idsOf = (placed: readonly Placed[]): Uuid[] => placed.map(({ request }) => request.id);

const outcomesOf = (placed: readonly Placed[], state: 'Bound' | 'BindFailed') =>
  placed.map(({ request: { id }, binding: { instanceId } }) => ({ id, state, instanceId }));
