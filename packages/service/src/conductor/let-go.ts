import type { AttachmentChanges, StoredAttachment } from '../store/attachment.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { moveAttachment } from './start-attachment.ts';

/**
 * Frees what an attachment held, of which nothing is left on its host, and has Placement told. One that was being
 * detached is detached then. Hold the host first.
 */
export async function letGo(
  transaction: StoreTransaction,
  attachment: StoredAttachment,
  context: ConductorContext,
): Promise<void> {
  const { id, state } = attachment;
  await transaction.deployables.releaseHandle({ kind: 'attachment', id });
  const changes = releaseClaim(attachment, context);
  if (state === 'detaching') await moveAttachment(transaction, attachment, { event: 'detached', ...changes });
  else await transaction.attachments.update(id, changes);
}

/** Placement may be in the middle of being asked: then it is told when that is over. */
function releaseClaim({ claim, claimDueAt }: StoredAttachment, { now }: ConductorContext): AttachmentChanges {
  if (claim === 'none') return {};
  return { claim: 'releasing', claimDueAt: Math.max(now(), claimDueAt ?? 0) };
}
