import { z } from 'zod';
import { AttachHandleType } from './attach-handle.ts';
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

/** Who gets an accelerator, and by which road. */
export const Consumer = z.object({
  type: z.enum(['instance', 'host', 'container']),
  id: z.string().min(1).max(255),
  /**
   * `nova`: libvirt rebinds the function itself (`managed='yes'`), so attach checks and prepares but leaves the
   * host's kernel driver. `direct`: attach binds what the consumer needs.
   */
  via: z.enum(['nova', 'direct']),
});
export type Consumer = z.output<typeof Consumer>;

/** What a consumer needs to take hold of an attached handle. */
export const AttachmentInfo = z.strictObject({
  type: AttachHandleType,
  info: z.record(z.string(), z.string()),
});
export type AttachmentInfo = z.output<typeof AttachmentInfo>;

/** How a driver's `status` finds a handle on its machine; `partial` is anything between. */
export const AttachStatus = z.enum(['attached', 'detached', 'partial']);
export type AttachStatus = z.output<typeof AttachStatus>;

/**
 * A handle that somebody holds on a host, as its agent has it on disk. Nobody else gets it before it is gone from
 * there, whatever the machine looks like.
 */
export const HeldAttachment = z.object({
  driver: z.string(),
  device: z.object({ identity: z.string(), address: z.string() }),
  handle: z.object({ id: z.string(), type: AttachHandleType }),
  consumer: Consumer,
  /**
   * `attaching`, `detaching`: begun and not ended; the same command again, a detach, or the next start of the agent
   * ends it. `attached`: the driver has said so.
   */
  state: z.enum(['attaching', 'attached', 'detaching']),
  /** What the driver last answered to attach; null before that. */
  info: AttachmentInfo.nullable(),
  /** What the machine last said; null while it could not be asked. `attached` and not seen so is a broken one. */
  seen: AttachStatus.nullable(),
  /** Why it is not settled, or not as it should be, for people. */
  trouble: z.string().max(1000).nullable(),
});
export type HeldAttachment = z.output<typeof HeldAttachment>;
