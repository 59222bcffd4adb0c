import { HostDriver, pageOf } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from '../api-components.ts';
import { collectionQuery, refusals } from './route-schema.ts';

/** `/v3/drivers`: the drivers of all hosts. */
export function registerDrivers(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/drivers',
    config: { rule: 'cyborg:driver:get_all' },
    schema: {
      tags: ['drivers'],
      summary: 'List drivers by host and id',
      querystring: collectionQuery({ host: z.string().optional(), driver: z.string().optional() }),
      response: { 200: pageOf(HostDriver), ...refusals },
    },
    handler: async (request) => {
      const { items, next } = await store.hosts.listDrivers(request.query);
      return { items: [...items], next };
    },
  });
}
