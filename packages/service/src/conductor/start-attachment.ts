import { type AttachmentEvent, attachmentStates, requireTransition } from '@cyborgjs/core';
import type { AttachmentChanges, StoredAttachment } from '../store/attachment.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { type OperationOrder, startOperation } from './start-operation.ts';

/** Moves an attachment along its states and tells observers. Hold its host first. Throws `state.not_allowed`. */
export async function moveAttachment(
  transaction: StoreTransaction,
  attachment: StoredAttachment,
  { event, ...changes }: AttachmentChanges & { readonly event: AttachmentEvent },
): Promise<void> {
  const state = requireTransition(attachmentStates, attachment.state, event);
  await transaction.attachments.update(attachment.id, { ...changes, state });
  const { failure } = changes;
  transaction.events.add({
    type: 'attachment.state',
    subject: attachment.id,
    host: attachment.host,
    data: {
      from: attachment.state,
      to: state,
      consumer: attachment.consumer,
      project: attachment.projectId,
      ...(typeof failure === 'string' ? { reason: failure } : {}),
    },
  });
}

/** Has the driver attach what an attachment holds. Hold the host first. */
export async function startAttach(
  transaction: StoreTransaction,
  attachment: StoredAttachment,
  context: ConductorContext,
): Promise<void> {
  const operationId = await start(transaction, attachment, { verb: 'attach', context });
  await moveAttachment(transaction, attachment, { event: 'attach', operationId, failure: null });
}

/**
 * Has the driver detach what an attachment holds; the state of the attachment is for the caller to see to. Hold the
 * host first.
 */
export async function startDetach(
  transaction: StoreTransaction,
  attachment: StoredAttachment,
  context: ConductorContext,
): Promise<void> {
  const operationId = await start(transaction, attachment, { verb: 'detach', context });
  await transaction.attachments.update(attachment.id, { operationId });
}

async function start(
  transaction: StoreTransaction,
  { id, consumer, wanted, release, requestedBy }: StoredAttachment,
  { verb, context }: { readonly verb: 'attach' | 'detach'; readonly context: ConductorContext },
) {
  const [handle] = await transaction.deployables.held('attachment', [id]);
  if (handle === undefined) return null;
  const device = await transaction.devices.get(handle.deviceId);
  const order: OperationOrder = {
    verb,
    host: device.host,
    driver: device.driver,
    device,
    asker: { requestedBy },
    arguments: {
      // Not for the driver: says whose the handle is when the operation has ended.
      attachment: id,
      handle: { id: handle.id, type: handle.type },
      consumer: { ...consumer, via: 'direct' },
      options: wanted.options,
      ...(verb === 'detach' && release === 'force' ? { force: true } : {}),
    },
  };
  return (await startOperation(transaction, order, context)).id;
}
