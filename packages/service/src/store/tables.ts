import type { Generated } from 'kysely';

/*
 * The tables, as the migrations make them. Times are milliseconds since the epoch, flags 0 or 1, lists and maps
 * JSON texts; whoever reads one checks it with zod (see the `*-row.ts` files).
 */

export interface HostTable {
  name: string;
  state: string;
  simulated: number;
  agent_version: string;
  boot_id: string;
  /** Facts of earlier runs of the agent are stale. */
  agent_run: number;
  admit_revision: number;
  /** Written to hold the host: a write conflicts on every database, Galera included, where a read would not. */
  lock_counter: number;
  placement: string;
  last_seen_at: number;
  created_at: number;
}

export interface HostDriverTable {
  host: string;
  driver: string;
  package: string;
  version: string;
  state: string;
  verbs: string;
  restarts: number;
  failure: string | null;
  /** Run and sequence of the latest report that was taken in. */
  agent_run: number;
  last_sequence: number;
  stale: number;
  /** When the latest good report was taken in. */
  last_report_at: number | null;
}

export interface DriverStatsTable {
  host: string;
  driver: string;
  /** A `StatsSample`. */
  sample: string;
  read_at: number;
}

export interface DriverCallsTable {
  host: string;
  driver: string;
  /** A `DriverCalls`. */
  calls: string;
  told_at: number;
}

export interface DeviceTable {
  number: Generated<number>;
  id: string;
  host: string;
  driver: string;
  identity: string;
  kind: string;
  vendor: string;
  model: string;
  address: string;
  numa_node: number | null;
  health_state: string;
  health_reason: string | null;
  firmware: string;
  attributes: string;
  state: string;
  state_reason: string | null;
  state_before_gone: string | null;
  gone_at: number | null;
  version: number;
  created_at: number;
  updated_at: number | null;
  last_seen_at: number;
  /** Null in rows from before there was this column. */
  untouched: number | null;
}

/** How a device felt for a while. */
export interface DeviceHealthTable {
  number: Generated<number>;
  device_id: string;
  state: string;
  reason: string | null;
  since: number;
  /** Null in the last row of each device. */
  until: number | null;
}

export interface DeployableTable {
  number: Generated<number>;
  id: string;
  device_id: string;
  name: string;
  resource_class: string;
  traits: string;
  total: number;
  present: number;
  provider_id: string | null;
  created_at: number;
  updated_at: number | null;
  /** Image of Glance that it was last programmed with; null where that is not known. */
  bitstream_id: string | null;
}

export interface AttachHandleTable {
  number: Generated<number>;
  id: string;
  deployable_id: string;
  /** The driver's id. */
  handle: string;
  type: string;
  info: string;
  present: number;
  holder_kind: string | null;
  holder_id: string | null;
  created_at: number;
}

export interface AttributeTable {
  number: Generated<number>;
  id: string;
  deployable_id: string;
  key: string;
  value: string;
  created_at: number;
  updated_at: number | null;
}

export interface DeviceProfileTable {
  number: Generated<number>;
  id: string;
  name: string;
  description: string | null;
  groups: string;
  created_at: number;
  updated_at: number | null;
}

export interface AcceleratorRequestTable {
  number: Generated<number>;
  id: string;
  project_id: string | null;
  state: string;
  device_profile_id: string;
  /** Index of its group in the profile, from 0. */
  group_index: number;
  resource_class: string | null;
  host: string | null;
  provider_id: string | null;
  instance_id: string | null;
  /** The operation that prepares what it is bound to; null where nothing has to be prepared. */
  operation_id: string | null;
  failure: string | null;
  created_at: number;
  updated_at: number | null;
}

/** One row per project and class that is limited in its own way, or was counted once. */
export interface QuotaTable {
  project_id: string;
  /** `*` for all of them together. */
  resource_class: string;
  /** -1 for any number; null where the configuration decides. */
  most: number | null;
  /** Written to hold the row, as `lock_counter` of a host. */
  lock_counter: number;
}

export interface AuditTable {
  number: Generated<number>;
  request_id: string;
  global_request_id: string | null;
  at: number;
  user_id: string;
  project_id: string | null;
  roles: string;
  service_user_id: string | null;
  method: string;
  route: string;
  target: string;
  outcome: string;
  status: number;
  error_code: string | null;
}

/** One row per row of another service that was imported. */
export interface ImportedRowTable {
  source_table: string;
  source_key: string;
  at: number;
}

export interface AttachmentTable {
  number: Generated<number>;
  id: string;
  project_id: string;
  state: string;
  consumer_type: string;
  consumer_id: string;
  /** What was asked for. */
  wanted: string;
  host: string | null;
  device_id: string | null;
  deployable_id: string | null;
  /** Ids of deployables that Placement did not give. */
  refused: string;
  connection: string | null;
  /** The operation that last attached or detached it. */
  operation_id: string | null;
  failure: string | null;
  release: string | null;
  claim: string;
  /** When Placement is to be asked (again); moved on by whoever does so, so it is the lease too. */
  claim_due_at: number | null;
  claim_failures: number;
  requested_by: string;
  idempotency_key: string | null;
  version: number;
  created_at: number;
  updated_at: number | null;
}

/** When the ledger of a host was last told of. */
export interface HostLedgerTable {
  host: string;
  agent_run: number;
  /** By the clock of the agent. */
  observed_at: number;
  /** By ours. */
  told_at: number;
}

/** A handle that somebody holds on a host, as its agent says. */
export interface HostLedgerEntryTable {
  host: string;
  driver: string;
  handle: string;
  /** Null where its record cannot be read. */
  held: string | null;
  /** Since when the same consumer is told to hold it. */
  since: number;
}

export interface OperationTable {
  number: Generated<number>;
  id: string;
  verb: string;
  state: string;
  host: string;
  driver: string | null;
  device_id: string | null;
  target: string | null;
  arguments: string;
  progress: number | null;
  note: string | null;
  attempts: number;
  error: string | null;
  requested_by: string;
  idempotency_key: string | null;
  version: number;
  created_at: number;
  updated_at: number | null;
  ended_at: number | null;
  deadline_at: number;
  next_attempt_at: number | null;
  cancel_requested_at: number | null;
}

/** An image that an operator has uploaded. */
export interface ImageTable {
  number: Generated<number>;
  id: string;
  /** `uploading` or `complete`. */
  state: string;
  size: number;
  /** Bytes that are there, from the beginning on. */
  received: number;
  sha256: string;
  requested_by: string;
  created_at: number;
  /** When a piece came, or it was last asked for. */
  updated_at: number;
}

export interface ImagePieceTable {
  image_id: string;
  /** Where in the image the bytes belong. */
  start: number;
  bytes: Uint8Array;
}

/** How one attempt of an operation ended on its host. */
export interface OperationAttemptTable {
  operation_id: string;
  attempt: number;
  outcome: string;
  error: string | null;
  done: string;
  plan: string | null;
  ended_at: number;
}

export interface OutboxTable {
  id: Generated<number>;
  destination: string;
  topic: string;
  payload: string;
  attempts: number;
  next_attempt_at: number;
  last_error: string | null;
  created_at: number;
}

/** One row per destination of the outbox: who may send to it now. */
export interface OutboxLaneTable {
  destination: string;
  lease_owner: string | null;
  lease_until: number;
}

export interface EventTable {
  id: number;
  type: string;
  subject: string;
  host: string | null;
  data: string;
  at: number;
}

/** What one transaction tells: a JSON text of its events, until they have ids and are in the table of events. */
export interface EventArrivalTable {
  number: Generated<number>;
  events: string;
  at: number;
}

/** One row: the last id given. Whoever gives ids holds it. */
export interface EventCounterTable {
  name: string;
  value: number;
}

export interface WebhookTable {
  number: Generated<number>;
  id: string;
  name: string;
  url: string;
  /** Patterns of types. */
  events: string;
  state: string;
  reason: string | null;
  secret: string;
  /** The one before, which signs too for a while. */
  old_secret: string | null;
  old_secret_until: number | null;
  /** Id of the last event that is done with. */
  after_event: number;
  failures: number;
  failing_since: number | null;
  next_attempt_at: number;
  last_attempt: string | null;
  last_delivered_at: number | null;
  events_lost: number;
  last_lost_at: number | null;
  /** Who delivers now; when nobody does, `lease_until` is when somebody last did. */
  lease_owner: string | null;
  lease_until: number;
  requested_by: string;
  idempotency_key: string | null;
  /** What was asked for when it was made, without the secret. */
  asked: string;
  version: number;
  created_at: number;
  updated_at: number | null;
}

export interface Tables {
  host: HostTable;
  host_driver: HostDriverTable;
  driver_stats: DriverStatsTable;
  driver_calls: DriverCallsTable;
  device: DeviceTable;
  device_health: DeviceHealthTable;
  deployable: DeployableTable;
  attach_handle: AttachHandleTable;
  attribute: AttributeTable;
  device_profile: DeviceProfileTable;
  accelerator_request: AcceleratorRequestTable;
  quota: QuotaTable;
  audit: AuditTable;
  imported_row: ImportedRowTable;
  attachment: AttachmentTable;
  host_ledger: HostLedgerTable;
  host_ledger_entry: HostLedgerEntryTable;
  operation: OperationTable;
  image: ImageTable;
  image_piece: ImagePieceTable;
  operation_attempt: OperationAttemptTable;
  outbox: OutboxTable;
  outbox_lane: OutboxLaneTable;
  event: EventTable;
  event_arrival: EventArrivalTable;
  event_counter: EventCounterTable;
  webhook: WebhookTable;
}
