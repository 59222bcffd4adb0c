import { Host, HostDriver, Operation, pageOf } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import { accept, askerOf } from './asker.ts';
import { ByName, ChangeHeaders, collectionQuery, noQuery, refusals } from './route-schema.ts';

const DiscoverBody = z.strictObject({ driver: z.string().optional().describe('Left out: all drivers.') });

/** `/v3/hosts`: the machines with an agent. */
export function registerHosts(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerShow(app, context);
  registerDriverList(app, context);
  registerDiscover(app, context);
}

function registerList(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/hosts',
    config: { rule: 'cyborg:host:get_all' },
    schema: {
      tags: ['hosts'],
      summary: 'List hosts by name',
      querystring: collectionQuery({}),
      response: { 200: pageOf(Host), ...refusals },
    },
    handler: async (request) => {
      const { items, next } = await store.hosts.list(request.query);
      return { items: [...items], next };
    },
  });
}

function registerShow(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/hosts/:name',
    config: { rule: 'cyborg:host:get_one' },
    schema: {
      tags: ['hosts'],
      summary: 'Show a host',
      params: ByName,
      querystring: noQuery,
      response: { 200: Host, ...refusals },
    },
    handler: (request) => store.hosts.get(request.params.name),
  });
}

function registerDriverList(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/hosts/:name/drivers',
    config: { rule: 'cyborg:driver:get_all' },
    schema: {
      tags: ['hosts'],
      summary: 'List the drivers of a host',
      params: ByName,
      querystring: collectionQuery({}),
      response: { 200: pageOf(HostDriver), ...refusals },
    },
    handler: async (request) => {
      const { name } = await store.hosts.get(request.params.name);
      const { items, next } = await store.hosts.listDrivers({ ...request.query, host: name });
      return { items: [...items], next };
    },
  });
}

function registerDiscover(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v3/hosts/:name/discover',
    config: { rule: 'cyborg:host:discover' },
    schema: {
      tags: ['hosts'],
      summary: 'Make an agent look again for devices',
      params: ByName,
      querystring: noQuery,
      headers: ChangeHeaders,
      body: DiscoverBody.nullish(),
      response: { 202: Operation, ...refusals },
    },
    handler: async (request, reply) => {
      const { requestedBy, idempotencyKey } = askerOf(request, request.headers);
      const host = request.params.name;
      const driver = request.body?.driver;
      const conductor = conductorFor(request, context, [host]);
      const operation = await conductor.requestDiscover({ host, driver, requestedBy, idempotencyKey });
      return accept(request, reply, operation);
    },
  });
}
