import { z } from 'zod';

/** What became of a request: it was done, it was refused (4xx), or it could not be done (5xx). */
export const AuditOutcome = z.enum(['done', 'refused', 'failed']);
export type AuditOutcome = z.output<typeof AuditOutcome>;

/** A request that was made to change something: who asked for what, when, and what became of it. */
export const AuditRecord = z.object({
  /** `req-…`, as `x-openstack-request-id` of the answer and the log have it; unique. */
  requestId: z.string(),
  /** The `X-OpenStack-Request-Id` that came with the request: ties it to what a server of Nova's did. */
  globalRequestId: z.string().nullable(),
  at: z.iso.datetime(),
  userId: z.string(),
  projectId: z.string().nullable(),
  roles: z.array(z.string()),
  /** Who vouched for the request with a service token; null where nobody did. */
  serviceUserId: z.string().nullable(),
  method: z.string(),
  /** Pattern of the address: `/v3/devices/:id/ready`. */
  route: z.string(),
  /** Ids or names of what the request was about, separated by commas. */
  target: z.string(),
  outcome: AuditOutcome,
  /** HTTP status of the answer. */
  status: z.int(),
  /** Code of the error; null where there was none. */
  errorCode: z.string().nullable(),
});
export type AuditRecord = z.output<typeof AuditRecord>;
