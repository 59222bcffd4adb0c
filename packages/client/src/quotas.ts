import { ProjectLimits, ProjectQuotas } from '@cyborgjs/core';
import type { CallOptions } from './call-api.ts';
import { type ListOptions, paginate } from './paginate.ts';
import type { NounInit } from './post-intent.ts';

/** Quotas: how many accelerator requests a project may have, by resource class; `*` is all of them together. */
export interface Quotas {
  /** Projects that have limits of their own. */
  list(options?: ListOptions): AsyncIterable<ProjectLimits>;
  /** How a project stands with every class that is limited or used. */
  get(project: string, options?: CallOptions): Promise<ProjectQuotas>;
  /** Sets limits: -1 for any number, null to leave one to the configuration again; the others stay as they are. */
  set(
    project: string,
    limits: Readonly<Record<string, number | null>>,
    options?: CallOptions,
  ): Promise<ProjectQuotas>;
}

/** The quotas behind a connection. */
export function createQuotas({ callApi }: NounInit): Quotas {
  const pathOf = (project: string) => `/v3/quotas/${encodeURIComponent(project)}`;
  return {
    list: (options = {}) =>
      paginate(callApi, { path: '/v3/quotas', item: ProjectLimits, filter: {}, options }),
    get: (project, options) =>
      callApi({ method: 'GET', path: pathOf(project), answer: ProjectQuotas, ...options }),
    set: (project, limits, options) =>
      callApi({
        method: 'PATCH',
        path: pathOf(project),
        body: { limits },
        answer: ProjectQuotas,
        ...options,
      }),
  };
}
