import type { AcceleratorRequestReads, AcceleratorRequestWrites } from './accelerator-request.ts';
import type { AttachmentReads, AttachmentWrites } from './attachment.ts';
import type { AttributeReads, AttributeWrites } from './attribute.ts';
import type { AuditReads, AuditWrites } from './audit.ts';
import type { DeployableReads, DeployableWrites } from './deployable.ts';
import type { DeviceReads, DeviceWrites } from './device.ts';
import type { DeviceHealthReads, DeviceHealthWrites } from './device-health.ts';
import type { DeviceProfileReads, DeviceProfileWrites } from './device-profile.ts';
import type { StatsReads, StatsWrites } from './driver-stats.ts';
import type { EventReads, EventWrites, NewEvent, NumberedEventReads } from './event.ts';
import type { HostReads, HostWrites } from './host.ts';
import type { HostLedgerReads, HostLedgerWrites } from './host-ledger.ts';
import type { ImportReads, ImportWrites } from './imported.ts';
import type { OperationReads, OperationWrites } from './operation.ts';
import type { OutboxReads, OutboxWrites } from './outbox.ts';
import type { QuotaReads, QuotaWrites } from './quota.ts';
import type { ImageReads, ImageWrites } from './uploaded-image.ts';
import type { WebhookReads, WebhookWrites } from './webhook.ts';

/** Everything that can be asked, by noun. Times of API shapes are ISO strings, all others milliseconds. */
export interface StoreReads {
  readonly hosts: HostReads;
  readonly devices: DeviceReads;
  readonly deviceHealth: DeviceHealthReads;
  readonly deployables: DeployableReads;
  readonly attributes: AttributeReads;
  readonly deviceProfiles: DeviceProfileReads;
  readonly acceleratorRequests: AcceleratorRequestReads;
  readonly stats: StatsReads;
  readonly quotas: QuotaReads;
  readonly audit: AuditReads;
  readonly imports: ImportReads;
  readonly attachments: AttachmentReads;
  readonly hostLedgers: HostLedgerReads;
  readonly operations: OperationReads;
  readonly images: ImageReads;
  readonly events: EventReads;
  readonly outbox: OutboxReads;
  readonly webhooks: WebhookReads;
}

/** The same reads, seen from inside one transaction, and all writes; there is no way to write without one. */
export interface StoreTransaction extends Omit<StoreReads, 'events'> {
  readonly hosts: HostReads & HostWrites;
  readonly devices: DeviceReads & DeviceWrites;
  readonly deviceHealth: DeviceHealthReads & DeviceHealthWrites;
  readonly deployables: DeployableReads & DeployableWrites;
  readonly attributes: AttributeReads & AttributeWrites;
  readonly deviceProfiles: DeviceProfileReads & DeviceProfileWrites;
  readonly acceleratorRequests: AcceleratorRequestReads & AcceleratorRequestWrites;
  readonly stats: StatsReads & StatsWrites;
  readonly quotas: QuotaReads & QuotaWrites;
  readonly audit: AuditReads & AuditWrites;
  readonly imports: ImportReads & ImportWrites;
  readonly attachments: AttachmentReads & AttachmentWrites;
  readonly hostLedgers: HostLedgerReads & HostLedgerWrites;
  readonly operations: OperationReads & OperationWrites;
  readonly images: ImageReads & ImageWrites;
  readonly events: NumberedEventReads & EventWrites;
  readonly outbox: OutboxReads & OutboxWrites;
  readonly webhooks: WebhookReads & WebhookWrites;
}

/** What a transaction that was committed leaves for observers in this process. */
export interface Committed {
  readonly events: readonly NewEvent[];
  /** Whether commands were added to the outbox. */
  readonly outbox: boolean;
}

/**
 * The one place where anything is kept. Whatever it throws is a `CyborgError`: `store.unavailable` when the
 * database cannot be used now, `store.conflict` when a unique name or holder is taken; nothing of the transaction
 * is kept then. Only when the connection breaks during the commit itself nobody can tell: whoever asks again must
 * ask for the same (idempotency keys, states).
 */
export interface Store extends StoreReads {
  /**
   * Runs the work in one transaction: all of it is kept or nothing. The work may run several times when it meets
   * another transaction, so it must do nothing but read and write through `transaction`; inside, ask `transaction`
   * and never the store itself.
   */
  transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result>;
  /** Calls back after each commit of this process; returns the way to stop. For observers and for waking workers. */
  observe(listener: (committed: Committed) => void): () => void;
  /** Resolves when the database answers; throws `store.unavailable`. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
