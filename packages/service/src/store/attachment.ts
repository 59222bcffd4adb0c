import {
  type Attachment,
  type AttachmentClaim,
  type AttachmentConnection,
  type AttachmentState,
  type Page,
  ResourceClass,
  Trait,
  Uuid,
} from '@cyborgjs/core';
import { z } from 'zod';
import type { ListQuery } from './list-query.ts';

/** What was asked for, whole: what it must have, where it may be, and what its driver is told. */
export const AttachmentWanted = z.object({
  deviceProfile: z.string().nullable(),
  resourceClass: ResourceClass.nullable(),
  required: z.array(Trait),
  forbidden: z.array(Trait),
  hotplug: z.boolean(),
  host: z.string().nullable(),
  deployableId: Uuid.nullable(),
  options: z.record(z.string(), z.string()),
});
export type AttachmentWanted = z.output<typeof AttachmentWanted>;

/** An attachment with what only the conductor needs. Times are milliseconds since the epoch. */
export interface StoredAttachment extends Attachment {
  readonly number: number;
  /** Rises with every change; what ETags are made of. */
  readonly version: number;
  readonly wanted: AttachmentWanted;
  /** Deployables that Placement did not give. */
  readonly refused: readonly string[];
  readonly idempotencyKey: string | null;
  /** When Placement is to be asked (again); null while there is nothing to ask. */
  readonly claimDueAt: number | null;
  readonly claimFailures: number;
}

export interface AttachmentQuery extends ListQuery {
  readonly projectId?: string | undefined;
  readonly state?: AttachmentState | undefined;
  readonly host?: string | undefined;
  readonly deviceId?: string | undefined;
  readonly consumerType?: Attachment['consumer']['type'] | undefined;
  readonly consumerId?: string | undefined;
  readonly ids?: readonly string[] | undefined;
}

/** What can be asked about attachments. */
export interface AttachmentReads {
  /** By number, ascending; the marker is an id. */
  list(query?: AttachmentQuery): Promise<Page<StoredAttachment>>;
  find(id: string): Promise<StoredAttachment | undefined>;
  /** Throws `attachment.not_found`. */
  get(id: string): Promise<StoredAttachment>;
  /** What the same asker has asked before under the same key. */
  findByKey(requestedBy: string, idempotencyKey: string): Promise<StoredAttachment | undefined>;
  /** Ids of those for which Placement is to be asked by a time, longest waiting first. */
  listClaimsDue(by: number, limit: number): Promise<readonly Uuid[]>;
  /** Whether Placement still has an allocation that is to be given back of some deployable. */
  isReleasing(deployableId: string): Promise<boolean>;
  /** Ids of those that ended before a time and that nothing is left of. */
  endedBefore(before: number, limit: number): Promise<readonly Uuid[]>;
}

/** An attachment to store; it starts `requested`. */
export interface NewAttachment
  extends Pick<
    StoredAttachment,
    | 'id'
    | 'projectId'
    | 'consumer'
    | 'wanted'
    | 'requestedBy'
    | 'idempotencyKey'
    | 'host'
    | 'deviceId'
    | 'deployableId'
  > {
  readonly claim: AttachmentClaim;
  readonly claimDueAt: number | null;
}

/** What may change of an attachment; what is left out stays. */
export type AttachmentChanges = Partial<
  Pick<
    StoredAttachment,
    | 'state'
    | 'host'
    | 'deviceId'
    | 'deployableId'
    | 'refused'
    | 'operationId'
    | 'failure'
    | 'release'
    | 'claim'
    | 'claimDueAt'
    | 'claimFailures'
  > & { readonly connection: AttachmentConnection | null }
>;

/** What a transaction can do to attachments; hold the host first, or the attachment where it has none. */
export interface AttachmentWrites {
  insert(attachment: NewAttachment): Promise<void>;
  /** Holds one until the end of the transaction. */
  hold(id: string): Promise<void>;
  update(id: Uuid, changes: AttachmentChanges): Promise<void>;
  remove(ids: readonly Uuid[]): Promise<void>;
}
