import { AttachmentConnection } from '@cyborgjs/core';
import type { StoredAttachment } from '../store/attachment.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { letGo } from './let-go.ts';
import type { OperationEnd } from './operation-end.ts';
import { moveAttachment, startDetach } from './start-attachment.ts';

/**
 * What follows from the end of an attach or a detach that was for an attachment. Only its latest operation counts.
 * Hold the host first.
 */
export async function settleAttachment(
  transaction: StoreTransaction,
  end: OperationEnd,
  context: ConductorContext,
): Promise<void> {
  const { id, verb, arguments: terms } = end.operation;
  if (typeof terms.attachment !== 'string') return;
  const attachment = await transaction.attachments.find(terms.attachment);
  if (attachment?.operationId !== id) return;
  if (verb === 'attach') await settleAttach(transaction, attachment, { end, context });
  else await settleDetach(transaction, attachment, { end, context });
}

interface Settling {
  readonly end: OperationEnd;
  readonly context: ConductorContext;
}

async function settleAttach(
  transaction: StoreTransaction,
  attachment: StoredAttachment,
  { end, context }: Settling,
): Promise<void> {
  // It was asked for while the attach was under way.
  if (attachment.state === 'detaching') return startDetach(transaction, attachment, context);
  if (attachment.state !== 'attaching') return;
  const answer = end.state === 'succeeded' ? readAnswer(end.result) : { failure: end.error.message };
  if ('connection' in answer) {
    await moveAttachment(transaction, attachment, { event: 'attached', ...answer, failure: null });
    return;
  }
  await moveAttachment(transaction, attachment, { event: 'attach_failed', ...answer });
  // Whatever was half done is undone; the handle is free when that has been said.
  await startDetach(transaction, attachment, context);
}

async function settleDetach(
  transaction: StoreTransaction,
  attachment: StoredAttachment,
  { end, context }: Settling,
): Promise<void> {
  if (end.state === 'succeeded') return letGo(transaction, attachment, context);
  if (attachment.state !== 'detaching') return;
  const wasForced = end.operation.arguments.force === true;
  if (attachment.release === 'force' && !wasForced) return startDetach(transaction, attachment, context);
  await moveAttachment(transaction, attachment, { event: 'detach_failed', failure: end.error.message });
}

function readAnswer(
  result: Readonly<Record<string, unknown>>,
): { readonly connection: AttachmentConnection } | { readonly failure: string } {
  const parsed = AttachmentConnection.safeParse(result.connection);
  if (parsed.success) return { connection: parsed.data };
  return { failure: 'the agent answered without connection information; update the agent of the host' };
}
