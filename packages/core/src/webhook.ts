import { z } from 'zod';
import { normaliseUuid, Uuid } from './uuid.ts';

/** Whether events are delivered: as an operator said, or as it came of trying. */
export const WebhookState = z.enum(['enabled', 'disabled']);
export type WebhookState = z.output<typeof WebhookState>;

/** Name of a webhook; unique, and no id. */
export const WebhookName = z
  .string()
  .regex(/^[\w.-]{1,255}$/, 'expected letters, digits, ".", "-" and "_", at most 255')
  .refine((name) => normaliseUuid(name) === undefined, 'must not look like an id');

/** Types of events: one, as `device.state`, or many: `device.*`, `*.created`, `*`. */
export const EventPattern = z
  .string()
  .max(64)
  .regex(/^[a-z_*]+(\.[a-z_*]+)*$/, 'expected a type of events, as device.state, or device.* for many');

/** Which events a webhook wants: those that fit any of the patterns. */
export const EventPatterns = z.array(EventPattern).min(1).max(50);
export type EventPatterns = z.output<typeof EventPatterns>;

/** What a webhook signs with, as Standard Webhooks writes it: 24 to 64 bytes in base64 behind `whsec_`. */
export const WebhookSecret = z
  .string()
  .regex(
    /^whsec_(([A-Za-z0-9+/]{4}){8,20}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?|([A-Za-z0-9+/]{4}){21}([A-Za-z0-9+/]{2}==)?)$/,
    'expected whsec_ and 24 to 64 bytes in base64',
  );

/** How the last attempt to deliver something went. */
export const WebhookAttempt = z.object({
  /** The event that it was about. */
  eventId: z.int().positive(),
  at: z.iso.datetime(),
  outcome: z.enum(['delivered', 'failed']),
  /** HTTP status of the receiver; null where it gave none. */
  status: z.int().nullable(),
  /** Why it counts as failed. */
  failure: z.string().nullable(),
});
export type WebhookAttempt = z.output<typeof WebhookAttempt>;

/** An address that events are sent to, each signed, in order and at least once. */
export const Webhook = z.object({
  id: Uuid,
  name: WebhookName,
  url: z.string(),
  events: EventPatterns,
  state: WebhookState,
  /** Why it is disabled. */
  reason: z.string().nullable(),
  /** All events up to the one with this id are delivered, or were not wanted. */
  after: z.int().nonnegative(),
  /** Attempts in a row that have failed, and since when. */
  failures: z.int().nonnegative(),
  failingSince: z.iso.datetime().nullable(),
  /** When it is tried again; null while nothing has failed. */
  nextAttemptAt: z.iso.datetime().nullable(),
  lastAttempt: WebhookAttempt.nullable(),
  lastDeliveredAt: z.iso.datetime().nullable(),
  /** Events that it wanted and that were too old to be kept before they could be delivered; and when one was last. */
  eventsLost: z.int().nonnegative(),
  lastLostAt: z.iso.datetime().nullable(),
  /** Until when deliveries are signed with the secret before this one, too. */
  oldSecretUntil: z.iso.datetime().nullable(),
  requestedBy: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime().nullable(),
});
export type Webhook = z.output<typeof Webhook>;

/** A webhook as it is shown once, when it was made. */
export const CreatedWebhook = Webhook.extend({
  /** Null when the same request comes again later. */
  secret: WebhookSecret.nullable(),
});
export type CreatedWebhook = z.output<typeof CreatedWebhook>;

/** What came of a test. */
export const WebhookTest = z.object({
  delivered: z.boolean(),
  status: z.int().nullable(),
  failure: z.string().nullable(),
  /** Milliseconds until the receiver had answered, or was given up. */
  tookMs: z.int().nonnegative(),
});
export type WebhookTest = z.output<typeof WebhookTest>;
