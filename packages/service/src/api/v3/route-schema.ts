import {
  AttachHandle,
  Attachment,
  AttachmentConnection,
  AuditRecord,
  CreatedWebhook,
  Deployable,
  Device,
  DeviceProfile,
  DeviceStats,
  Event,
  FlavorFit,
  FlavorProposal,
  Health,
  HealthPeriod,
  Host,
  HostDriver,
  Operation,
  OperationAttempt,
  PageQuery,
  Problem,
  ProjectLimits,
  ProjectQuotas,
  Quota,
  UploadedImage,
  Webhook,
  WebhookAttempt,
  WebhookTest,
} from '@cyborgjs/core';
import { z } from 'zod';

/** The schemas that the description of the API keeps under a name and refers to. */
export const componentSchemas: Readonly<Record<string, z.ZodType>> = {
  Attachment,
  AttachmentConnection,
  AttachHandle,
  AuditRecord,
  CreatedWebhook,
  Deployable,
  Device,
  DeviceStats,
  DeviceProfile,
  Event,
  FlavorFit,
  FlavorProposal,
  Health,
  HealthPeriod,
  Host,
  HostDriver,
  Operation,
  OperationAttempt,
  Problem,
  ProjectLimits,
  ProjectQuotas,
  Quota,
  UploadedImage,
  Webhook,
  WebhookAttempt,
  WebhookTest,
};

const maxWaitSeconds = 60;

/**
 * The query of a route that can wait for something, for 60 seconds at most.
 *
 * @param moment what it waits for, as in "when the operation has ended"
 */
export const waitQuery = (moment: string) =>
  z.strictObject({
    wait: z.coerce
      .number()
      .int()
      .min(0)
      .max(maxWaitSeconds)
      .default(0)
      .describe(`Answer when ${moment}, but after this many seconds at the latest.`),
  });

/** A description of an answer of one media type, as OpenAPI has it. */
function answer<Schema extends z.ZodType>(description: string, mediaType: string, schema: Schema) {
  return { description, content: { [mediaType]: { schema } } };
}

/** What every route below `/v3` may answer besides what was asked for. */
export const refusals = {
  '4xx': answer('Refused; `code` says why.', 'application/problem+json', Problem),
  '5xx': answer('Not possible at the moment, or a defect.', 'application/problem+json', Problem),
};

/** An answer as a stream of server-sent events. */
export const eventStream = answer('Server-sent events.', 'text/event-stream', z.string());

/** The query of a collection: its page and filters, and nothing else. */
export function collectionQuery<Filters extends z.ZodRawShape>(filters: Filters) {
  return z.strictObject({ ...PageQuery.shape, ...filters });
}

/** The query of a route that takes no arguments. */
export const noQuery = z.strictObject({});

export const ById = z.object({ id: z.string() });
export const ByName = z.object({ name: z.string() });

/** Headers with which a change can be asked for safely. */
export const ChangeHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('The same key asks for the same operation: a repeat answers with the one that exists.'),
  'if-match': z
    .string()
    .regex(/^(\*|"\d{1,15}")$/, 'expected the ETag of an earlier answer')
    .optional()
    .describe('Refuses (412) when the thing has changed since the answer with this ETag.'),
});
export type ChangeHeaders = z.output<typeof ChangeHeaders>;
