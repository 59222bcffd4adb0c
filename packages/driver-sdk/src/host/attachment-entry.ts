import { HeldAttachment } from '@cyborgjs/core';
import { z } from 'zod';
import type { AttachRequest, Consumer } from '../driver.ts';
import type { RecordKind } from '../records/record-store.ts';

/** What the journal keeps of a handle that somebody holds. */
export const AttachmentEntry = HeldAttachment.extend({
  options: z.record(z.string(), z.string()),
  /** The boot in which its handle was last found on its device: after another one, addresses may have moved. */
  bootId: z.string(),
  /** Milliseconds since the epoch at which its state began. */
  since: z.number(),
});
export type AttachmentEntry = z.output<typeof AttachmentEntry>;

/** Its records; `<driver>/<handle>` is their key. */
export const attachmentRecords = {
  name: 'attachment',
  schema: AttachmentEntry,
} satisfies RecordKind<typeof AttachmentEntry>;

/** The request as its driver is asked again, perhaps by another process and after the world has changed. */
export function requestOf({ device, handle, consumer, options }: AttachmentEntry): AttachRequest {
  return { device, handle, consumer, options };
}

/** A holder as messages name it: `instance 6a2f… (nova)`. */
export const holderName = ({ type, id, via }: Consumer): string => `${type} ${id} (${via})`;
