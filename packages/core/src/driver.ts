import { z } from 'zod';

/** The verbs of the driver contract; a driver offers those whose functions it defines. */
export const DriverVerb = z.enum([
  'discover',
  'status',
  'attach',
  'detach',
  'install',
  'uninstall',
  'program',
  'stats',
  'watch',
]);
export type DriverVerb = z.output<typeof DriverVerb>;

/** The twelve ways in which a driver call can fail. */
export const DriverErrorCode = z.enum([
  'invalid',
  'not_found',
  'conflict',
  'in_use',
  'busy',
  'unsupported',
  'denied',
  'unavailable',
  'timeout',
  'canceled',
  'hardware',
  'internal',
]);
export type DriverErrorCode = z.output<typeof DriverErrorCode>;

/** When the same call may succeed: never as it stands, at once, or after a while. */
export const RetryAdvice = z.enum(['never', 'now', 'later']);
export type RetryAdvice = z.output<typeof RetryAdvice>;

/** A driver call's failure as data: what travels from the driver's process up to the operator. */
export const DriverFailure = z.object({
  code: DriverErrorCode,
  message: z.string().max(8000),
  retry: RetryAdvice,
  /** Address or identity of the device concerned. */
  device: z.string().optional(),
  /** What to do about it. */
  hint: z.string().optional(),
  /** Messages of the errors behind it, outermost first. */
  causes: z.array(z.string()).default([]),
});
export type DriverFailure = z.output<typeof DriverFailure>;

/**
 * How a driver's process does. `backoff`: it ended and will be started again. `quarantined`: it ended too often
 * and is tried rarely. `incompatible`: its API range does not hold ours, it is never started. `refused`: its package
 * is not as the operator admitted it, it is not started before that is mended. `disabled`: the operator wants it so.
 */
export const DriverProcessState = z.enum([
  'starting',
  'running',
  'backoff',
  'quarantined',
  'incompatible',
  'refused',
  'disabled',
  'stopped',
]);
export type DriverProcessState = z.output<typeof DriverProcessState>;

/** One driver on one host, as the agent reports and the API shows it. */
export const DriverStatus = z.object({
  id: z.string(),
  package: z.string(),
  version: z.string(),
  state: DriverProcessState,
  verbs: z.array(DriverVerb),
  /** How often its process has been started anew since the agent started. */
  restarts: z.int().nonnegative(),
  /** Latest failure of its process or of `discover`; null after a good report. */
  failure: DriverFailure.nullable(),
});
export type DriverStatus = z.output<typeof DriverStatus>;

/** A driver on a host as the service keeps and shows it. */
export const HostDriver = DriverStatus.extend({
  host: z.string(),
  devices: z.int().nonnegative(),
  /** True when its latest report failed or is overdue: its devices show the last known facts. */
  stale: z.boolean(),
  lastReportAt: z.iso.datetime().nullable(),
});
export type HostDriver = z.output<typeof HostDriver>;
