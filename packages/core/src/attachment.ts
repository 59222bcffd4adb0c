import { z } from 'zod';
import { AttachHandleType } from './attach-handle.ts';
import { ResourceClass } from './resource-class.ts';
import type { StateTable } from './state-table.ts';
import { Trait } from './trait.ts';
import { Uuid } from './uuid.ts';

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

/**
 * Detaching is allowed from everywhere but the end: it is how whatever was half done is undone. What is attached is
 * attached anew when its host has lost it.
 */
export const attachmentStates: StateTable<AttachmentState, AttachmentEvent> = {
  noun: 'attachment',
  initial: 'requested',
  transitions: {
    requested: { attach: 'attaching', attach_failed: 'attach_failed', detach: 'detaching' },
    attaching: { attached: 'attached', attach_failed: 'attach_failed', detach: 'detaching' },
    attached: { attach: 'attaching', detach: 'detaching' },
    attach_failed: { detach: 'detaching' },
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

const QmpCommand = z.object({ execute: z.string(), arguments: z.record(z.string(), z.string()) });

/** How each kind of consumer takes hold of an attached handle; null for those who cannot. */
export const AttachmentConnection = z.object({
  type: AttachHandleType,
  /** What the driver answered. */
  info: z.record(z.string(), z.string()),
  /** The `hostdev` element of a libvirt domain, for `virsh attach-device` and `detach-device`. */
  libvirt: z.string().nullable(),
  /**
   * Commands for a running QEMU, in order; `id` names the device there. It is gone with the event DEVICE_DELETED of
   * that id, not with the answer.
   */
  qmp: z.object({ id: z.string(), attach: z.array(QmpCommand), detach: z.array(QmpCommand) }).nullable(),
  /** For container runtimes: the name to ask for, and the specification that explains it where the vendor has none. */
  cdi: z.object({ name: z.string(), spec: z.record(z.string(), z.unknown()).nullable() }).nullable(),
  /** Nodes in `/dev` that a process needs. */
  deviceNodes: z.array(z.string()),
});
export type AttachmentConnection = z.output<typeof AttachmentConnection>;

/** How a consumer was to let go: `wait` for it, or `force` it. */
export const AttachmentRelease = z.enum(['wait', 'force']);
export type AttachmentRelease = z.output<typeof AttachmentRelease>;

/** What Placement has of an attachment: nothing, not yet, its allocation, or still its allocation. */
export const AttachmentClaim = z.enum(['none', 'wanted', 'held', 'releasing']);
export type AttachmentClaim = z.output<typeof AttachmentClaim>;

/** One accelerator given to a consumer directly, without Nova. */
export const Attachment = z.object({
  id: Uuid,
  state: AttachmentState,
  consumer: Consumer.pick({ type: true, id: true }),
  projectId: z.string(),
  /** Name of the device profile that it was asked for by; null where it was asked for otherwise. */
  deviceProfile: z.string().nullable(),
  resourceClass: ResourceClass.nullable(),
  /** Traits that were asked for. */
  traits: z.array(Trait),
  /** Whether it had to be one that can be plugged into a running consumer. */
  hotplug: z.boolean(),
  /** Where it is, and of what; null while nothing is held. */
  host: z.string().nullable(),
  deviceId: Uuid.nullable(),
  deployableId: Uuid.nullable(),
  handle: z.object({ id: z.string(), type: AttachHandleType }).nullable(),
  /** How to take hold of it and let go of it; there from when it is attached until it is detached. */
  connection: AttachmentConnection.nullable(),
  /** The operation that last attached or detached it. */
  operationId: Uuid.nullable(),
  /** Why it could not be attached or detached. */
  failure: z.string().nullable(),
  /** What the host says is wrong with what it holds. */
  trouble: z.string().nullable(),
  /** Whether the detach waits for the consumer or is forced; null while none was asked for. */
  release: AttachmentRelease.nullable(),
  claim: AttachmentClaim,
  requestedBy: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime().nullable(),
});
export type Attachment = z.output<typeof Attachment>;

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
