import { CyborgError, ProjectLimits, ProjectQuotas, pageOf, QuotaClass, QuotaLimit } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { callerOf } from '../access.ts';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import type { Identity } from '../authenticator.ts';
import { collectionQuery, noQuery, refusals } from './route-schema.ts';

const ByProject = z.object({ project: z.string().min(1).max(255) });

const QuotaChange = z.strictObject({
  limits: z
    .record(QuotaClass, QuotaLimit.nullable())
    .describe(
      'Limits by resource class, "*" for all together: -1 any number, null as the configuration says.',
    ),
});

/** `/v3/quotas`: how many accelerator requests projects may have. */
export function registerQuotas(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerShow(app, context);
  registerChange(app, context);
}

function registerList(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/quotas',
    config: { rule: 'cyborg:quota:get_all' },
    schema: {
      tags: ['quotas'],
      summary: 'List the projects that have limits of their own',
      querystring: collectionQuery({}),
      response: { 200: pageOf(ProjectLimits), ...refusals },
    },
    handler: async (request) => {
      const { items, next } = await store.quotas.list(request.query);
      return { items: [...items], next };
    },
  });
}

function registerShow(app: FastifyInstance, { conductor }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/quotas/:project',
    config: { rule: 'cyborg:quota:get_one' },
    schema: {
      tags: ['quotas'],
      summary: 'Show how a project stands with its quotas: its own, or any for administrators',
      params: ByProject,
      querystring: noQuery,
      response: { 200: ProjectQuotas, ...refusals },
    },
    handler: (request) => {
      const { project } = request.params;
      requireOwn(callerOf(request), project);
      return conductor.projectQuotas(project);
    },
  });
}

function registerChange(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'PATCH',
    url: '/v3/quotas/:project',
    config: { rule: 'cyborg:quota:update' },
    schema: {
      tags: ['quotas'],
      summary: 'Set limits of a project; those that are not named stay as they are',
      params: ByProject,
      querystring: noQuery,
      body: QuotaChange,
      response: { 200: ProjectQuotas, ...refusals },
    },
    handler: async (request) => {
      const { project: projectId } = request.params;
      const { limits } = request.body;
      const { userId: requestedBy } = callerOf(request);
      const conductor = conductorFor(request, context, [projectId]);
      await conductor.setQuotas({ projectId, limits, requestedBy });
      return conductor.projectQuotas(projectId);
    },
  });
}

function requireOwn({ roles, projectId }: Identity, project: string): void {
  if (roles.includes('admin') || projectId === project) return;
  throw new CyborgError(
    'auth.denied',
    `the quotas of project ${project} are for its members and administrators; yours is ${projectId}`,
    { details: { rule: 'cyborg:quota:get_one' } },
  );
}
