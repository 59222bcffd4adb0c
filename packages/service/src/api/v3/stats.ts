import { DeviceStats, pageOf } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from '../api-components.ts';
import { ById, collectionQuery, noQuery, refusals } from './route-schema.ts';

const filters = { host: z.string().optional(), driver: z.string().optional() };

/** `/v3/stats` and the stats of one device: what drivers last read of devices. */
export function registerStats(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerShow(app, context);
}

function registerList(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/stats',
    config: { rule: 'cyborg:device:get_all' },
    schema: {
      tags: ['stats'],
      summary: 'List the latest readings of devices, in their order of arrival',
      querystring: collectionQuery(filters),
      response: { 200: pageOf(DeviceStats), ...refusals },
    },
    handler: async (request) => {
      const { items, next } = await store.devices.list(request.query);
      return { items: await store.stats.ofDevices(items), next };
    },
  });
}

function registerShow(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/devices/:id/stats',
    config: { rule: 'cyborg:device:get_one' },
    schema: {
      tags: ['stats'],
      summary: 'Show the latest readings of a device',
      params: ById,
      querystring: noQuery,
      response: { 200: DeviceStats, ...refusals },
    },
    handler: async (request) => {
      const device = await store.devices.get(request.params.id);
      const [stats] = await store.stats.ofDevices([device]);
      return stats ?? { device: device.id, readAt: null, readings: [] };
    },
  });
}
