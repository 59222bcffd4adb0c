import type { Page, ProjectLimits } from '@cyborgjs/core';
import type { ListQuery } from './list-query.ts';

/** How many accelerator requests of a class a project has; the class is null for those of none that is known. */
export interface RequestCount {
  readonly resourceClass: string | null;
  readonly count: number;
}

/** What can be asked about quotas. */
export interface QuotaReads {
  /** Limits that projects have of their own, by project, ascending; the marker is a project. */
  list(query?: ListQuery): Promise<Page<ProjectLimits>>;
  /** The limits that one project has of its own. */
  limitsOf(projectId: string): Promise<ProjectLimits['limits']>;
  /** How many accelerator requests a project has, by class. */
  usedBy(projectId: string): Promise<readonly RequestCount[]>;
}

/** What a transaction can do to quotas. */
export interface QuotaWrites {
  /**
   * Holds the quotas of a project for some classes until the end of the transaction: what is counted of the project
   * after that stays true, whoever else makes requests at the same moment.
   */
  hold(projectId: string, resourceClasses: readonly string[]): Promise<void>;
  /** Sets a limit of a project's own; null leaves it to the configuration. */
  set(projectId: string, resourceClass: string, limit: number | null): Promise<void>;
}
