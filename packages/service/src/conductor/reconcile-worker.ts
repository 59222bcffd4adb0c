import type { Consumer } from '@cyborgjs/core';
import type { StoredAcceleratorRequest } from '../store/accelerator-request.ts';
import type { StoredAttachment } from '../store/attachment.ts';
import type { HolderOnHost } from '../store/deployable.ts';
import type { HostLedgerEntry } from '../store/host-ledger.ts';
import type { StoredOperation } from '../store/operation.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { accelOptions, needsAttach, startPreparation } from './handle-preparation.ts';
import { letGo } from './let-go.ts';
import { type KnownHolder, planReconciliation, type Reconciliation } from './plan-reconciliation.ts';
import { moveAttachment, startAttach, startDetach } from './start-attachment.ts';
import { startOperation } from './start-operation.ts';

/** What was tried in vain is not tried again for so many graces. */
const gracesAfterFailure = 10;
/** States in which an attachment is to have what it holds. */
const attachingStates = ['requested', 'attaching', 'attached'];
const requestedBy = 'cyborg';

/**
 * Brings together what is stored and what the hosts hold, host by host: what nobody has is detached, what somebody has
 * and his host lost is attached again, and what is to be given back is. Only hosts that are heard of are looked at; one
 * that cannot be done is logged, and keeps no other from it.
 */
export async function reconcileHosts(context: ConductorContext): Promise<void> {
  for (const host of await context.store.hostLedgers.listHosts())
    try {
      await context.store.transaction((transaction) => reconcile(transaction, host, context));
    } catch (err) {
      context.log.error({ err, host }, 'what this host holds could not be compared; it is tried again');
    }
}

async function reconcile(
  transaction: StoreTransaction,
  name: string,
  context: ConductorContext,
): Promise<void> {
  const { now, settings } = context;
  const host = await transaction.hosts.lock(name);
  const ledger = await transaction.hostLedgers.find(name);
  if (host.state !== 'up' || ledger === undefined) return;
  const holders = await holdersOf(transaction, await transaction.deployables.heldOn(name));
  const operations = await recentOperations(transaction, name, context);
  const plan = planReconciliation({
    ledger,
    holders,
    isBusy: (driver, handle) => operations.some((operation) => isAbout(operation, driver, handle)),
    now: now(),
    graceMs: settings.reconcileGraceMs,
  });
  for (const step of plan) await carryOut(transaction, name, { step, context });
}

/** Who holds some handles, and whether rightly, in one statement for each kind; without those of no attachment. */
async function holdersOf(
  { attachments, acceleratorRequests }: StoreTransaction,
  handles: readonly HolderOnHost[],
): Promise<KnownHolder[]> {
  const byKind = Map.groupBy(handles, ({ holder }) => holder.kind);
  const ofAttachments = byKind.get('attachment') ?? [];
  const ofRequests = byKind.get('accelerator_request') ?? [];
  const { items } = await attachments.list({ ids: ofAttachments.map(({ holder }) => holder.id) });
  const requests = await acceleratorRequests.list({ ids: ofRequests.map(({ holder }) => holder.id) });
  const attachmentOf = new Map(items.map((attachment) => [attachment.id, attachment]));
  const requestOf = new Map(requests.map((request) => [request.id, request]));
  return [
    ...ofAttachments.flatMap(
      (handle) => holderByAttachment(handle, attachmentOf.get(handle.holder.id)) ?? [],
    ),
    ...ofRequests.map((handle) => holderByRequest(handle, requestOf.get(handle.holder.id))),
  ];
}

function holderByAttachment(
  handle: HolderOnHost,
  attachment: StoredAttachment | undefined,
): KnownHolder | undefined {
  if (attachment === undefined) return undefined;
  const { consumer, state } = attachment;
  return { handle, consumer, attached: attachingStates.includes(state), since: changedAt(attachment) };
}

/** The orphan sweep frees what requests hold wrongly; what was never prepared is not in the ledger of a host. */
function holderByRequest(handle: HolderOnHost, request: StoredAcceleratorRequest | undefined): KnownHolder {
  const consumer = { type: 'instance', id: request?.instanceId ?? handle.holder.id } as const;
  const isBound = request?.state === 'Bound' && request.operationId !== null && needsAttach(handle);
  const since = request === undefined || !isBound ? Number.POSITIVE_INFINITY : changedAt(request);
  return { handle, consumer, attached: true, since };
}

const changedAt = ({ createdAt, updatedAt }: Pick<StoredAttachment, 'createdAt' | 'updatedAt'>): number =>
  Date.parse(updatedAt ?? createdAt);

/** What is being done on a host, and what has failed there a moment ago. */
async function recentOperations(
  { operations }: StoreTransaction,
  host: string,
  { now, settings }: ConductorContext,
): Promise<readonly StoredOperation[]> {
  const endedSince = now() - gracesAfterFailure * settings.reconcileGraceMs;
  const open = await operations.list({ host, open: true });
  const ended = await operations.list({ host, endedSince });
  return [...open.items, ...ended.items.filter(({ state }) => state !== 'succeeded')];
}

function isAbout({ driver, arguments: terms }: StoredOperation, id: string, handle: string): boolean {
  return driver === id && (terms.handle as { id?: unknown } | undefined)?.id === handle;
}

interface Step {
  readonly step: Reconciliation;
  readonly context: ConductorContext;
}

async function carryOut(transaction: StoreTransaction, host: string, { step, context }: Step): Promise<void> {
  const { log } = context;
  switch (step.kind) {
    case 'detach':
      log.warn({ host, entry: step.entry }, 'a host holds what nobody has; it is detached');
      return detachStray(transaction, host, { entry: step.entry, context });
    case 'attach':
      log.warn(
        { host, handle: step.holder.handle.id },
        'a host has lost what somebody has; it is attached again',
      );
      return attachAgain(transaction, step.holder, context);
    case 'give-up': {
      const attachment = await transaction.attachments.get(step.holder.handle.holder.id);
      return giveUp(transaction, attachment, context);
    }
  }
}

/** As its holder, which the host knows; where that cannot be read, whoever it is. */
async function detachStray(
  transaction: StoreTransaction,
  host: string,
  {
    entry: { driver, handle, held },
    context,
  }: { readonly entry: HostLedgerEntry; readonly context: ConductorContext },
): Promise<void> {
  const { items } = await transaction.devices.list({ host, driver });
  const device = items.find(
    ({ identity, deployables }) =>
      identity === held?.device.identity ||
      deployables.some(({ handles }) => handles.some(({ id }) => id === handle)),
  );
  if (device === undefined) return;
  const known = device.deployables.flatMap(({ handles }) => handles).find(({ id }) => id === handle);
  const type = held?.handle.type ?? known?.type;
  if (type === undefined) return;
  const consumer: Consumer = held?.consumer ?? { type: 'host', id: host, via: 'direct' };
  const terms = {
    handle: { id: handle, type },
    consumer,
    options: {},
    ...(held === null ? { force: true } : {}),
  };
  const order = { verb: 'detach', host, driver, device, arguments: terms, asker: { requestedBy } } as const;
  await startOperation(transaction, order, context);
}

async function attachAgain(
  transaction: StoreTransaction,
  { handle }: KnownHolder,
  context: ConductorContext,
): Promise<void> {
  const { kind, id } = handle.holder;
  if (kind === 'attachment') {
    const attachment = await transaction.attachments.get(id);
    // Requested and attaching ones have their operation, or wait for Placement.
    if (attachment.state === 'attached') await startAttach(transaction, attachment, context);
    return;
  }
  const request = await transaction.acceleratorRequests.find(id);
  if (request === undefined) return;
  const profile = await transaction.deviceProfiles.find(request.deviceProfileId);
  const group = profile?.groups[request.groupIndex];
  const { instanceId } = request;
  const options = accelOptions(group);
  const preparation = { verb: 'attach', handle, instanceId, options, asker: { requestedBy } } as const;
  await startPreparation(transaction, preparation, context);
}

/** What it holds is on its way back; nothing was done to it where it never had an operation. */
async function giveUp(
  transaction: StoreTransaction,
  attachment: StoredAttachment,
  context: ConductorContext,
): Promise<void> {
  if (attachment.operationId === null) return letGo(transaction, attachment, context);
  if (attachment.state === 'detach_failed')
    await moveAttachment(transaction, attachment, { event: 'detach' });
  await startDetach(transaction, await transaction.attachments.get(attachment.id), context);
}
