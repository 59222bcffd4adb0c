import { HealthPeriod, pageOf } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiContext } from '../api-components.ts';
import { ById, collectionQuery, refusals } from './route-schema.ts';

/** `/v3/devices/{id}/health`: how a device felt. */
export function registerDeviceHealth(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/devices/:id/health',
    config: { rule: 'cyborg:device:get_one' },
    schema: {
      tags: ['devices'],
      summary: 'List how a device felt, and why, the newest first',
      params: ById,
      querystring: collectionQuery({}),
      response: { 200: pageOf(HealthPeriod), ...refusals },
    },
    handler: async (request) => {
      const { id } = await store.devices.get(request.params.id);
      const { items, next } = await store.deviceHealth.list(id, request.query);
      return { items: [...items], next };
    },
  });
}
