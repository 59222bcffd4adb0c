import { isDeepStrictEqual } from 'node:util';
import { CyborgError, isCyborgError, isUsable } from '@cyborgjs/core';
import type { AttachmentWanted, StoredAttachment } from '../store/attachment.ts';
import type { OpenDeployable } from '../store/deployable.ts';
import type { StoreReads, StoreTransaction } from '../store/store.ts';
import type { ConductorContext, CreateAttachmentRequest } from './conductor.ts';
import { startAttach } from './start-attachment.ts';
import { describeWanted, fitsWanted, wantedAttachment } from './wanted-attachment.ts';

interface Wish {
  readonly request: CreateAttachmentRequest;
  readonly wanted: AttachmentWanted;
  readonly context: ConductorContext;
}

/**
 * Gives a consumer the first thing that fits and is free, in one transaction with the command that attaches it; where
 * there is a Placement, that is asked first, and the command follows when it has agreed.
 */
export async function createAttachment(
  request: CreateAttachmentRequest,
  context: ConductorContext,
): Promise<StoredAttachment> {
  const wanted = await wantedAttachment(request, context.store);
  const wish = { request, wanted, context };
  try {
    const repeat = await findRepeat(context.store, wish);
    if (repeat !== undefined) return repeat;
    for (const candidate of await openCandidates(context.store, wanted, context)) {
      const made = await context.store.transaction((transaction) => take(transaction, candidate, wish));
      if (made !== undefined) return made;
    }
  } catch (error) {
    // The same request was faster by another way.
    const repeat =
      isCyborgError(error) && error.code === 'store.conflict'
        ? await findRepeat(context.store, wish)
        : undefined;
    if (repeat !== undefined) return repeat;
    throw error;
  }
  throw nothingFits(wanted);
}

/** What fits and has something free, in the order of arrival. With a Placement: only what that has. */
export async function openCandidates(
  { deployables }: Pick<StoreReads, 'deployables'>,
  wanted: AttachmentWanted,
  { claims }: ConductorContext,
): Promise<OpenDeployable[]> {
  const open = await deployables.listOpen({
    resourceClass: wanted.resourceClass ?? undefined,
    host: wanted.host ?? undefined,
    id: wanted.deployableId ?? undefined,
  });
  return open.filter(
    (deployable) => fitsWanted(wanted, deployable) && (claims === null || deployable.providerId !== null),
  );
}

/** Whether the device of a candidate is still given out: ready, well, and not being programmed. Holds its host. */
export async function isStillOpen(
  transaction: StoreTransaction,
  { deviceId, host }: OpenDeployable,
): Promise<boolean> {
  await transaction.hosts.hold(host);
  const device = await transaction.devices.find(deviceId);
  if (device === undefined || device.state !== 'ready' || !isUsable(device.health)) return false;
  return (await transaction.operations.findProgramming(deviceId)) === undefined;
}

/** The refusal that says what was looked for. */
export function nothingFits(wanted: AttachmentWanted): CyborgError {
  return new CyborgError(
    'attachment.nothing_fits',
    `nothing that is ready, healthy and free fits: ${describeWanted(wanted)}`,
    { details: { wanted } },
  );
}

async function take(
  transaction: StoreTransaction,
  candidate: OpenDeployable,
  { request, wanted, context }: Wish,
): Promise<StoredAttachment | undefined> {
  const id = context.newId();
  if (!(await isStillOpen(transaction, candidate))) return undefined;
  const handle = await transaction.deployables.holdFreeHandle(candidate.id, { kind: 'attachment', id });
  if (handle === undefined) return undefined;
  const { consumer, projectId, requestedBy, idempotencyKey = null } = request;
  const isClaimed = context.claims !== null;
  await transaction.attachments.insert({
    id,
    projectId,
    consumer,
    wanted,
    requestedBy,
    idempotencyKey,
    host: candidate.host,
    deviceId: candidate.deviceId,
    deployableId: candidate.id,
    claim: isClaimed ? 'wanted' : 'none',
    claimDueAt: isClaimed ? context.now() : null,
  });
  transaction.events.add({
    type: 'attachment.requested',
    subject: id,
    host: candidate.host,
    data: { consumer, project: projectId, requestedBy },
  });
  if (!isClaimed) await startAttach(transaction, await transaction.attachments.get(id), context);
  return transaction.attachments.get(id);
}

async function findRepeat(
  { attachments }: Pick<StoreReads, 'attachments'>,
  { request: { requestedBy, idempotencyKey, consumer, projectId }, wanted }: Wish,
): Promise<StoredAttachment | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const found = await attachments.findByKey(requestedBy, idempotencyKey);
  if (found === undefined) return undefined;
  const asked = { consumer, projectId, wanted };
  if (
    isDeepStrictEqual({ consumer: found.consumer, projectId: found.projectId, wanted: found.wanted }, asked)
  )
    return found;
  throw new CyborgError(
    'idempotency.reused',
    `the idempotency key ${idempotencyKey} was used for attachment ${found.id}; use a new one`,
    { details: { idempotencyKey, attachment: found.id } },
  );
}
