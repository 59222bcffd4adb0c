import { AuditOutcome, AuditRecord, pageOf } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from '../api-components.ts';
import { collectionQuery, refusals } from './route-schema.ts';

const Moment = z.iso.datetime({ offset: true }).optional();

const auditFilters = {
  user: z.string().optional().describe('Id of a user.'),
  project: z.string().optional().describe('Id of a project.'),
  outcome: AuditOutcome.optional(),
  target: z.string().min(1).max(255).optional().describe('Part of what a request was about: an id, a name.'),
  since: Moment.describe('From this time on.'),
  until: Moment.describe('Before this time.'),
};

/** `/v3/audit`: who asked for which change, and what became of it. */
export function registerAudit(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/audit',
    config: { rule: 'cyborg:audit:get_all' },
    schema: {
      tags: ['audit'],
      summary: 'List who asked for which change, newest first',
      querystring: collectionQuery(auditFilters),
      response: { 200: pageOf(AuditRecord), ...refusals },
    },
    handler: async (request) => {
      const { user: userId, project: projectId, since, until, ...query } = request.query;
      const { items, next } = await store.audit.list({
        ...query,
        userId,
        projectId,
        since: millisecondsOf(since),
        until: millisecondsOf(until),
      });
      return { items: [...items], next };
    },
  });
}

const millisecondsOf = (time: string | undefined): number | undefined =>
  time === undefined ? undefined : Date.parse(time);
