import { type Attachment, normaliseUuid } from '@cyborgjs/core';
import type { CallOptions } from '../call-api.ts';
import type { CyborgClient } from '../cyborg-client.ts';
import { findByPrefix, isIdPrefix } from './id-prefix.ts';
import { UsageError } from './usage-error.ts';

/** The attachment that an operator means by its id or the beginning of one. */
export async function findAttachment(
  client: CyborgClient,
  text: string,
  options: CallOptions,
): Promise<Attachment> {
  const id = normaliseUuid(text);
  if (id !== undefined) return client.attachments.get(id, options);
  if (!isIdPrefix(text))
    throw new UsageError(
      `"${text}" is no attachment: give its id, at least the first 4 characters (see: cyborg attachment list)`,
    );
  return findByPrefix(client.attachments.list({}, options), text, {
    noun: 'attachment',
    describe: (attachment) => `${attachment.id} (${attachment.consumer.type} ${attachment.consumer.id})`,
  });
}
