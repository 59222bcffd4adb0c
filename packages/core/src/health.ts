import { z } from 'zod';

/**
 * How a device feels, apart from its life cycle. `unknown` is honest silence: it could not be read, or was not
 * heard of within its time to live. Only `ok` and `degraded` devices are given out.
 */
export const Health = z.object({
  state: z.enum(['ok', 'degraded', 'failed', 'unknown']),
  /** Why it is not `ok`, for people. */
  reason: z.string().max(1000).optional(),
});
export type Health = z.output<typeof Health>;

/** How a device felt for a while. */
export const HealthPeriod = z.object({
  /** Rises; the newest period of a device has the greatest. */
  id: z.int(),
  ...Health.shape,
  since: z.iso.datetime(),
  /** Null for how it feels now. */
  until: z.iso.datetime().nullable(),
});
export type HealthPeriod = z.output<typeof HealthPeriod>;

/** Whether a device of this health may be handed to a new consumer. */
export function isUsable(health: Health): boolean {
  return health.state === 'ok' || health.state === 'degraded';
}
