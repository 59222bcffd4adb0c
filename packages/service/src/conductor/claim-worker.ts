import type { Uuid } from '@cyborgjs/core';
import type { StoredAttachment } from '../store/attachment.ts';
import type { StoreTransaction } from '../store/store.ts';
import { claimTurnMs } from './claim-turn.ts';
import type { Claims } from './claims.ts';
import type { ConductorContext } from './conductor.ts';
import { isStillOpen, nothingFits, openCandidates } from './create-attachment.ts';
import { retryPauseMs } from './retry-pause.ts';
import { moveAttachment, startAttach } from './start-attachment.ts';

const claimsPerRound = 20;

/**
 * Asks Placement for what is due: takes for attachments that wait for it, gives back what was theirs. Each is put off
 * before Placement is asked, so that a conductor that dies in between leaves it to another. True when there may be more.
 */
export async function tendClaims(context: ConductorContext): Promise<boolean> {
  const { claims, store, now } = context;
  if (claims === null) return false;
  const due = await store.attachments.listClaimsDue(now(), claimsPerRound);
  for (const id of due) {
    const attachment = await store.transaction((transaction) => putOff(transaction, id, context));
    if (attachment !== undefined) await tend(attachment, { claims, context });
  }
  return due.length === claimsPerRound;
}

interface Asking {
  readonly claims: Claims;
  readonly context: ConductorContext;
}

async function putOff(
  transaction: StoreTransaction,
  id: Uuid,
  { now }: ConductorContext,
): Promise<StoredAttachment | undefined> {
  await transaction.attachments.hold(id);
  const attachment = await transaction.attachments.find(id);
  if (attachment?.claimDueAt == null || attachment.claimDueAt > now()) return undefined;
  await transaction.attachments.update(id, { claimDueAt: now() + claimTurnMs });
  return attachment;
}

async function tend(attachment: StoredAttachment, asking: Asking): Promise<void> {
  const { claims, context } = asking;
  try {
    if (attachment.claim === 'wanted') await take(attachment, asking);
    else {
      await claims.release(attachment.id);
      await context.store.transaction(({ attachments }) =>
        attachments.update(attachment.id, { claim: 'none', claimDueAt: null, claimFailures: 0 }),
      );
    }
  } catch (err) {
    await tryLater(attachment, err, context);
  }
}

async function take(attachment: StoredAttachment, { claims, context }: Asking): Promise<void> {
  const { id, deployableId, projectId, requestedBy: userId } = attachment;
  const deployable = deployableId === null ? undefined : await context.store.deployables.find(deployableId);
  const { providerId, resourceClass } = deployable ?? { providerId: null, resourceClass: '' };
  const answer =
    providerId === null
      ? { refused: 'Placement does not have its provider any more', mayYet: false }
      : await claims.claim({ attachmentId: id, providerId, resourceClass, projectId, userId });
  await context.store.transaction(async (transaction) => {
    if (attachment.host !== null) await transaction.hosts.hold(attachment.host);
    await transaction.attachments.hold(id);
    const now = await transaction.attachments.get(id);
    if (now.claim !== 'wanted') {
      // It was given up while Placement was asked.
      await transaction.attachments.update(id, { claimDueAt: context.now() });
    } else if (answer.refused === null) {
      await transaction.attachments.update(id, { claim: 'held', claimDueAt: null, claimFailures: 0 });
      await startAttach(transaction, now, context);
    } else await lookElsewhere(transaction, now, { ...answer, refused: answer.refused, context });
  });
}

interface Refusal {
  readonly refused: string;
  readonly mayYet: boolean;
  readonly context: ConductorContext;
}

/**
 * Somebody else was given it by Placement; unless what is left of an earlier attachment is only to be given back, or
 * its agent is about to open it.
 */
async function lookElsewhere(
  transaction: StoreTransaction,
  attachment: StoredAttachment,
  { refused: reason, mayYet, context }: Refusal,
): Promise<void> {
  const { attachments, deployables } = transaction;
  const { id, deployableId, wanted } = attachment;
  const { now, settings } = context;
  const maySettle = now() - Date.parse(attachment.createdAt) < settings.bindDeadlineMs;
  if (deployableId !== null && maySettle && (mayYet || (await attachments.isReleasing(deployableId)))) {
    await attachments.update(id, { claimDueAt: now() + settings.retryBaseMs, failure: reason });
    return;
  }
  const refused = [...attachment.refused, ...(deployableId === null ? [] : [deployableId])];
  await deployables.releaseHandle({ kind: 'attachment', id });
  for (const candidate of await openCandidates(transaction, wanted, context)) {
    if (refused.includes(candidate.id) || !(await isStillOpen(transaction, candidate))) continue;
    const handle = await deployables.holdFreeHandle(candidate.id, { kind: 'attachment', id });
    if (handle === undefined) continue;
    const { host, deviceId, id: taken } = candidate;
    const place = { host, deviceId, deployableId: taken };
    await attachments.update(id, { ...place, refused, claimDueAt: context.now(), failure: reason });
    return;
  }
  const failure = `${nothingFits(wanted).message}; Placement did not give the last of it: ${reason}`;
  const done = { claim: 'none', claimDueAt: null, refused, failure } as const;
  await moveAttachment(transaction, attachment, { event: 'attach_failed', ...done });
}

async function tryLater({ id, claimFailures }: StoredAttachment, err: unknown, context: ConductorContext) {
  const { store, now, log } = context;
  if (claimFailures === 0) log.warn({ err, attachment: id }, 'Placement cannot be asked; it is tried again');
  const failures = claimFailures + 1;
  const failure = `Placement cannot be asked: ${err instanceof Error ? err.message : String(err)}`;
  await store.transaction(async ({ attachments }) => {
    await attachments.hold(id);
    const attachment = await attachments.find(id);
    if (attachment === undefined) return;
    const claimDueAt = now() + retryPauseMs(failures, context);
    const said = attachment.state === 'requested' ? { failure } : {};
    await attachments.update(id, { claimFailures: failures, claimDueAt, ...said });
  });
}

/**
 * Looks at one provider after the other for allocations that nobody will give back: of attachments that are over or
 * were never stored. A round is one provider.
 */
export function createClaimSweep(context: ConductorContext): () => Promise<boolean> {
  let after: string | undefined;
  return async () => {
    const { claims, store } = context;
    if (claims === null) return false;
    const marker = after;
    // Begins anew when the one of the last round has gone meanwhile.
    after = undefined;
    const { items, next } = await store.deployables.list({ limit: 1, marker });
    after = next ?? undefined;
    const providerId = items[0]?.providerId ?? null;
    if (providerId !== null) await sweepProvider(providerId, { claims, context });
    return false;
  };
}

async function sweepProvider(providerId: Uuid, { claims, context }: Asking): Promise<void> {
  for (const consumer of await claims.consumersOf(providerId)) {
    const attachment = await context.store.attachments.find(consumer);
    if (attachment !== undefined ? attachment.claim !== 'none' : !(await claims.isAttachment(consumer)))
      continue;
    context.log.warn({ consumer, provider: providerId }, 'an allocation of no attachment is given back');
    await claims.release(consumer);
  }
}
