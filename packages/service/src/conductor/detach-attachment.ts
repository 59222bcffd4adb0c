import { CyborgError, isFinal, operationStates } from '@cyborgjs/core';
import type { StoredAttachment } from '../store/attachment.ts';
import type { StoreTransaction } from '../store/store.ts';
import { askToEnd } from './cancel-operation.ts';
import type { ConductorContext, DetachRequest } from './conductor.ts';
import { letGo } from './let-go.ts';
import { requireVersion } from './require-version.ts';
import { moveAttachment, startDetach } from './start-attachment.ts';

/**
 * Takes an attachment back. What is being done to it is ended first: one thing at a time happens to a handle. Asking
 * twice changes nothing, unless the second asks for force.
 */
export function detachAttachment(
  request: DetachRequest,
  context: ConductorContext,
): Promise<StoredAttachment> {
  return context.store.transaction(async (transaction) => {
    const attachment = await holdAttachment(transaction, request);
    const { id, state } = attachment;
    const isForced = request.force && attachment.release !== 'force';
    if (state === 'detached' || (state === 'detaching' && !isForced)) return attachment;
    requireVersion('attachment', attachment, request.ifVersion);
    const release = request.force ? 'force' : 'wait';
    if (state === 'detaching') await transaction.attachments.update(id, { release });
    else await moveAttachment(transaction, attachment, { event: 'detach', release, failure: null });
    await goOn(transaction, await transaction.attachments.get(id), context);
    return transaction.attachments.get(id);
  });
}

async function goOn(
  transaction: StoreTransaction,
  attachment: StoredAttachment,
  context: ConductorContext,
): Promise<void> {
  const { handle, operationId, release } = attachment;
  const operation = operationId === null ? undefined : await transaction.operations.find(operationId);
  if (operation !== undefined && !isFinal(operationStates, operation.state)) {
    // Its end brings the detach, by force where that is asked for; a detach that undoes what failed is all that is wanted.
    if (operation.verb === 'attach' || release === 'force') await askToEnd(transaction, operation, context);
  } else if (handle === null || operationId === null) await letGo(transaction, attachment, context);
  else await startDetach(transaction, attachment, context);
}

/** Holds the host of an attachment, if it has one, and the attachment. Throws `attachment.not_found`. */
async function holdAttachment(
  transaction: StoreTransaction,
  { attachment: id, onlyProject }: DetachRequest,
): Promise<StoredAttachment> {
  const found = await transaction.attachments.get(id);
  if (onlyProject !== null && found.projectId !== onlyProject)
    throw new CyborgError('attachment.not_found', `no attachment has the id ${id}`, { details: { id } });
  if (found.host !== null) await transaction.hosts.hold(found.host);
  const held = await transaction.attachments.get(id);
  if (held.host === found.host) return held;
  // Placement has just sent it to another host.
  if (held.host !== null) await transaction.hosts.hold(held.host);
  return transaction.attachments.get(id);
}
