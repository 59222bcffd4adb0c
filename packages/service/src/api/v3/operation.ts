import { Readable } from 'node:stream';
import { Operation, OperationAttempt, OperationState, OperationVerb, pageOf } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import { clientGone } from '../look-again.ts';
import { awaitEnd, operationFrames } from '../watch-operation.ts';
import { accept, askerOf, etagOf } from './asker.ts';
import {
  ById,
  ChangeHeaders,
  collectionQuery,
  eventStream,
  noQuery,
  refusals,
  waitQuery,
} from './route-schema.ts';

const operationFilters = {
  state: OperationState.optional(),
  verb: OperationVerb.optional(),
  host: z.string().optional(),
  device: z.string().optional().describe('Id of a device.'),
};

/** `/v3/operations`: what was asked for and how far it has come. */
export function registerOperations(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerShow(app, context);
  registerAttempts(app, context);
  registerCancel(app, context);
  registerRetry(app, context);
  registerWatch(app, context);
}

function registerList(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/operations',
    config: { rule: 'cyborg:operation:get_all' },
    schema: {
      tags: ['operations'],
      summary: 'List operations, newest first',
      querystring: collectionQuery(operationFilters),
      response: { 200: pageOf(Operation), ...refusals },
    },
    handler: async (request) => {
      const { device: deviceId, ...query } = request.query;
      const { items, next } = await store.operations.list({ ...query, deviceId });
      return { items: [...items], next };
    },
  });
}

function registerShow(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/operations/:id',
    config: { rule: 'cyborg:operation:get_one' },
    schema: {
      tags: ['operations'],
      summary: 'Show an operation, or wait for its end',
      params: ById,
      querystring: waitQuery('the operation has ended'),
      response: { 200: Operation, ...refusals },
    },
    handler: async (request, reply) => {
      const patience = AbortSignal.timeout(request.query.wait * 1000);
      const operation = await awaitEnd(context, request.params.id, [patience, clientGone(reply)]);
      reply.header('etag', etagOf(operation));
      return operation;
    },
  });
}

function registerAttempts(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/operations/:id/attempts',
    config: { rule: 'cyborg:operation:get_one' },
    schema: {
      tags: ['operations'],
      summary: 'List how its attempts ended on the host, with what was done to the machine or, dry, would be',
      params: ById,
      querystring: noQuery,
      response: { 200: pageOf(OperationAttempt), ...refusals },
    },
    handler: async (request) => {
      const { id } = await store.operations.get(request.params.id);
      return { items: [...(await store.operations.attempts(id))], next: null };
    },
  });
}

function registerRetry(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v3/operations/:id/retry',
    config: { rule: 'cyborg:operation:retry' },
    schema: {
      tags: ['operations'],
      summary: 'Ask anew for what failed or was canceled; a new operation',
      params: ById,
      querystring: noQuery,
      headers: ChangeHeaders,
      response: { 202: Operation, ...refusals },
    },
    handler: async (request, reply) => {
      const { requestedBy, idempotencyKey } = askerOf(request, request.headers);
      const asker = { requestedBy, idempotencyKey };
      const { id } = request.params;
      const conductor = conductorFor(request, context, [id]);
      const operation = await conductor.retryOperation({ operation: id, ...asker });
      return accept(request, reply, operation);
    },
  });
}

function registerCancel(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v3/operations/:id/cancel',
    config: { rule: 'cyborg:operation:cancel' },
    schema: {
      tags: ['operations'],
      summary: 'Ask for the end of an operation; one that has ended stays as it is',
      params: ById,
      querystring: noQuery,
      headers: ChangeHeaders,
      response: { 202: Operation, ...refusals },
    },
    handler: async (request, reply) => {
      const asker = askerOf(request, request.headers);
      const { id } = request.params;
      const conductor = conductorFor(request, context, [id]);
      const operation = await conductor.cancelOperation({ operation: id, ...asker });
      return accept(request, reply, operation);
    },
  });
}

function registerWatch(app: FastifyInstance, context: ApiContext): void {
  app.route<{ Params: z.output<typeof ById> }>({
    method: 'GET',
    url: '/v3/operations/:id/watch',
    exposeHeadRoute: false,
    config: { rule: 'cyborg:operation:get_one' },
    schema: {
      tags: ['operations'],
      summary: 'Follow an operation to its end: one server-sent event for each change',
      params: ById,
      querystring: noQuery,
      response: { 200: eventStream, ...refusals },
    },
    handler: async (request, reply) => {
      const { id } = await context.store.operations.get(request.params.id);
      const frames = operationFrames(context, id, [clientGone(reply)]);
      return reply.type('text/event-stream').send(Readable.from(frames));
    },
  });
}
