import type { ProjectLimits, ProjectQuotas, Quota } from '@cyborgjs/core';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import type { View } from './view.ts';

/** Projects with limits of their own, as a table. */
export function projectLimitsView(projects: readonly ProjectLimits[]): View {
  return {
    json: projects,
    names: projects.map(({ projectId }) => projectId),
    text: ({ width }) =>
      projects.length === 0
        ? ''
        : renderTable<ProjectLimits>({
            width,
            rows: projects,
            columns: [
              { title: 'PROJECT', cell: ({ projectId }) => printable(projectId) },
              { title: 'LIMITS', cell: ({ limits }) => limitsInShort(limits), narrow: 'shorten' },
            ],
          }),
    notes: projects.length === 0 ? ['No project has limits of its own; see conductor.quotas.'] : [],
  };
}

/** How a project stands with its quotas. */
export function projectQuotasView({ projectId, quotas }: ProjectQuotas): View {
  return {
    json: { projectId, quotas },
    names: [projectId],
    text: ({ width, paint }) =>
      renderTable<Quota>({
        width,
        rows: quotas,
        columns: [
          { title: 'CLASS', cell: ({ resourceClass }) => printable(resourceClass) },
          {
            title: 'USED',
            cell: ({ used, limit }) =>
              limit >= 0 && used >= limit ? paint('warning', `${used}`) : `${used}`,
          },
          { title: 'LIMIT', cell: ({ limit }) => (limit < 0 ? 'any' : `${limit}`) },
          { title: 'SAID BY', cell: ({ source }) => source, narrow: 'drop' },
        ],
      }),
  };
}

const limitsInShort = (limits: ProjectLimits['limits']): string =>
  Object.entries(limits)
    .map(([resourceClass, limit]) => printable(`${resourceClass}=${limit < 0 ? 'any' : limit}`))
    .join(' ');
