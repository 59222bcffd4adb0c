import { z } from 'zod';
import type { StateTable } from './state-table.ts';

/** States of an accelerator given to a consumer directly. */
export const AttachmentState = z.enum([
  'requested',
  'attaching',
  'attached',
  'attach_failed',
  'detaching',
  'detach_failed',
  'detached',
]);
export type AttachmentState = z.output<typeof AttachmentState>;

export type AttachmentEvent =
  | 'attach'
  | 'attached'
  | 'attach_failed'
  | 'detach'
  | 'detached'
  | 'detach_failed';

/** Detaching is allowed from everywhere but the end: it is how whatever was half done is undone. */
export const attachmentStates: StateTable<AttachmentState, AttachmentEvent> = {
  noun: 'attachment',
  initial: 'requested',
  transitions: {
    requested: { attach: 'attaching', detach: 'detaching' },
    attaching: { attached: 'attached', attach_failed: 'attach_failed', detach: 'detaching' },
    attached: { detach: 'detaching' },
    attach_failed: { attach: 'attaching', detach: 'detaching' },
    detaching: { detached: 'detached', detach_failed: 'detach_failed' },
    detach_failed: { detach: 'detaching' },
    detached: {},
  },
};
