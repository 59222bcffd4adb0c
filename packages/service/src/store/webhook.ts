import type { EventPatterns, Page, Uuid, Webhook, WebhookAttempt, WebhookState } from '@cyborgjs/core';
import type { ListQuery } from './list-query.ts';
import type { Lease } from './outbox.ts';

/** A webhook with its order of arrival and what is shown to nobody. */
export interface StoredWebhook extends Webhook {
  readonly number: number;
  /** Rises with what somebody has set, or what has disabled it; not with deliveries. */
  readonly version: number;
  /** What was asked for when it was made, without the secret. */
  readonly asked: string;
}

/** A webhook and what it signs with. */
export interface SigningWebhook extends StoredWebhook {
  readonly secret: string;
  /** The one before, until `oldSecretUntil`. */
  readonly oldSecret: string | null;
}

/** What can be asked about webhooks. */
export interface WebhookReads {
  /** By number, ascending; the marker is an id. */
  list(query?: ListQuery): Promise<Page<StoredWebhook>>;
  /** By id or name. Throws `webhook.not_found`. */
  get(which: string): Promise<StoredWebhook>;
  /** The same with its secrets: for who signs, and for no answer. */
  getSigning(which: string): Promise<SigningWebhook>;
  findByKey(requestedBy: string, idempotencyKey: string): Promise<SigningWebhook | undefined>;
  /** Ids of those that have events before them and are due by a time, and that nobody has leased then. */
  listDue(by: number, limit: number): Promise<readonly Uuid[]>;
  /** Those that are not done with an event yet. */
  listBehind(eventId: number): Promise<readonly StoredWebhook[]>;
}

/** A webhook to be stored. */
export interface NewWebhook {
  readonly id: Uuid;
  readonly name: string;
  readonly url: string;
  readonly events: EventPatterns;
  readonly state: WebhookState;
  readonly reason: string | null;
  readonly secret: string;
  readonly after: number;
  readonly requestedBy: string;
  readonly idempotencyKey: string | null;
  readonly asked: string;
}

/** How delivering stands; what is left out stays. Times are milliseconds since the epoch. */
export interface WebhookProgress {
  readonly after?: number | undefined;
  readonly failures?: number | undefined;
  readonly failingSince?: number | null | undefined;
  /** 0: at once. */
  readonly nextAttemptAt?: number | undefined;
  readonly lastAttempt?: WebhookAttempt | undefined;
  readonly lastDeliveredAt?: number | undefined;
}

/** What may be set; what is left out stays. */
export interface WebhookChanges extends WebhookProgress {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly events?: EventPatterns | undefined;
  readonly state?: WebhookState | undefined;
  readonly reason?: string | null | undefined;
  readonly secret?: string | undefined;
  readonly oldSecret?: string | null | undefined;
  readonly oldSecretUntil?: number | null | undefined;
}

/** Who delivers for a webhook, and what it was when he began. */
export interface WebhookHold extends Lease {
  readonly version: number;
}

/** What a transaction can do to webhooks. A worker leases one, so that its events leave in order. */
export interface WebhookWrites {
  /** Throws `webhook.exists` when the name is taken. */
  insert(webhook: NewWebhook): Promise<void>;
  /** Keeps others from changing it until the end of the transaction; its version rises. */
  hold(id: Uuid): Promise<void>;
  /** Changes one that is held. Throws `webhook.exists`. */
  change(id: Uuid, changes: WebhookChanges): Promise<void>;
  remove(id: Uuid): Promise<void>;
  /** Leases one in one statement; false when another has it, or it is not due. */
  claim(id: Uuid, lease: Lease): Promise<boolean>;
  /** Keeps what was done under a lease, and prolongs that; false when it has run out, or the webhook was changed. */
  advance(id: Uuid, hold: WebhookHold, progress: WebhookProgress): Promise<boolean>;
  release(id: Uuid, lease: Pick<Lease, 'owner' | 'now'>): Promise<void>;
  /** Notes that so many events are gone that it wanted. */
  lose(id: Uuid, events: number): Promise<void>;
}
