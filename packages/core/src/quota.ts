import { z } from 'zod';

/** Stands for all resource classes together. */
export const allResourceClasses = '*';

/** What a quota is about: a resource class, or `*` for all of them together. */
export const QuotaClass = z
  .string()
  .regex(/^(\*|[A-Z0-9_]{1,255})$/, 'expected a resource class, or * for all of them together');
export type QuotaClass = z.output<typeof QuotaClass>;

/** Most accelerator requests that a project may have; -1 for any number. */
export const QuotaLimit = z.int().min(-1).max(1_000_000);

/** Limits by resource class: `{"FPGA": 4, "*": 16}`. */
export const QuotaLimits = z.record(QuotaClass, QuotaLimit);
export type QuotaLimits = z.output<typeof QuotaLimits>;

/** Limits that a project has of its own; what is not named is as the configuration says. */
export const ProjectLimits = z.object({ projectId: z.string(), limits: QuotaLimits });
export type ProjectLimits = z.output<typeof ProjectLimits>;

/** How a project stands with one resource class. */
export const Quota = z.object({
  resourceClass: QuotaClass,
  /** -1 for any number. */
  limit: QuotaLimit,
  /** Who says so: the project's own limit, or the configuration. */
  source: z.enum(['project', 'configuration']),
  /** Accelerator requests of the project now, whatever their state. */
  used: z.int().nonnegative(),
});
export type Quota = z.output<typeof Quota>;

/** How a project stands with every class that is limited or used. */
export const ProjectQuotas = z.object({ projectId: z.string(), quotas: z.array(Quota) });
export type ProjectQuotas = z.output<typeof ProjectQuotas>;
