import { HeldAttachment } from '@cyborgjs/core';
import type { RecordStore } from '../records/record-store.ts';
import { attachmentRecords } from './attachment-entry.ts';

/** Everything that is held on a host. */
export interface HeldAttachments {
  readonly attachments: readonly HeldAttachment[];
  /** Handles whose record cannot be read. */
  readonly unreadable: readonly { readonly driver: string; readonly handle: string }[];
}

/** Reads the journals of all drivers that share these records, also of drivers that no longer run. */
export async function listHeldAttachments(records: RecordStore): Promise<HeldAttachments> {
  const entries = await records.readAll(attachmentRecords);
  const keys = await records.unreadable(attachmentRecords);
  return {
    attachments: [...entries.values()].map((entry) => HeldAttachment.parse(entry)),
    unreadable: keys.map((key) => {
      const end = key.indexOf('/');
      return { driver: key.slice(0, end), handle: key.slice(end + 1) };
    }),
  };
}
