import {
  CreatedWebhook,
  EventPatterns,
  pageOf,
  Webhook,
  WebhookName,
  WebhookSecret,
  WebhookState,
  WebhookTest,
} from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import { clientGone } from '../look-again.ts';
import { mountOf } from '../routed-url.ts';
import { askerOf, etagOf } from './asker.ts';
import { ChangeHeaders, collectionQuery, noQuery, refusals } from './route-schema.ts';

const Which = z.object({ which: z.string().describe('An id, or a name.') });

const url = z.string().max(2048).describe('https, or http for a loopback address.');
const events = EventPatterns.describe('Types of events: `device.state`, or `device.*`, `*`.');
const secret = WebhookSecret.describe('`whsec_` and 24 to 64 bytes in base64.');
const after = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const NewWebhook = z.strictObject({
  name: WebhookName,
  url,
  events: events.default(['*']),
  state: WebhookState.default('enabled'),
  secret: secret.optional().describe('Left out: one is made.'),
  after: after
    .optional()
    .describe(
      'Only events after the one with this id, 0 for all that are kept; left out: those from now on.',
    ),
});

const WebhookChange = z.strictObject({
  name: WebhookName.optional(),
  url: url.optional(),
  events: events.optional(),
  state: WebhookState.optional(),
  after: after
    .optional()
    .describe(
      'Go on after the event with this id: a higher one leaves events out, a lower one repeats some.',
    ),
  secret: secret.optional(),
  oldSecretValidMs: z
    .int()
    .min(0)
    .max(604_800_000)
    .optional()
    .describe('With a secret: how long the one before signs too; a day when left out.'),
});

/** `/v3/webhooks`: addresses that events are sent to. */
export function registerWebhooks(app: FastifyInstance, context: ApiContext): void {
  registerReads(app, context);
  registerCreate(app, context);
  registerChange(app, context);
  registerDelete(app, context);
  registerTest(app, context);
}

function registerReads(app: FastifyInstance, { store }: ApiContext): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.route({
    method: 'GET',
    url: '/v3/webhooks',
    config: { rule: 'cyborg:webhook:get_all' },
    schema: {
      tags: ['webhooks'],
      summary: 'List webhooks in order of arrival',
      querystring: collectionQuery({}),
      response: { 200: pageOf(Webhook), ...refusals },
    },
    handler: async (request) => {
      const { items, next } = await store.webhooks.list(request.query);
      return { items: [...items], next };
    },
  });
  routes.route({
    method: 'GET',
    url: '/v3/webhooks/:which',
    config: { rule: 'cyborg:webhook:get_one' },
    schema: {
      tags: ['webhooks'],
      summary: 'Show a webhook and how delivering stands',
      params: Which,
      querystring: noQuery,
      response: { 200: Webhook, ...refusals },
    },
    handler: async (request, reply) => {
      const webhook = await store.webhooks.get(request.params.which);
      reply.header('etag', etagOf(webhook));
      return webhook;
    },
  });
}

function registerCreate(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v3/webhooks',
    config: { rule: 'cyborg:webhook:create' },
    schema: {
      tags: ['webhooks'],
      summary: 'Make a webhook; its secret is in this answer and in no other',
      querystring: noQuery,
      headers: ChangeHeaders,
      body: NewWebhook,
      response: { 201: CreatedWebhook, ...refusals },
    },
    handler: async (request, reply) => {
      const { requestedBy, idempotencyKey } = askerOf(request, request.headers);
      const conductor = conductorFor(request, context, [request.body.name]);
      const made = await conductor.createWebhook({ ...request.body, requestedBy, idempotencyKey });
      const location = `${mountOf(request.originalUrl)}/v3/webhooks/${made.webhook.id}`;
      reply.code(201).header('location', location).header('etag', etagOf(made.webhook));
      reply.header('cache-control', 'no-store');
      return { ...made.webhook, secret: made.secret };
    },
  });
}

function registerChange(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'PATCH',
    url: '/v3/webhooks/:which',
    config: { rule: 'cyborg:webhook:update' },
    schema: {
      tags: ['webhooks'],
      summary: 'Change a webhook, and try anew at once what had failed; what is not named stays',
      params: Which,
      querystring: noQuery,
      headers: ChangeHeaders,
      body: WebhookChange,
      response: { 200: Webhook, ...refusals },
    },
    handler: async (request, reply) => {
      const { requestedBy, ifVersion } = askerOf(request, request.headers);
      const { which } = request.params;
      const conductor = conductorFor(request, context, [which]);
      const change = { ...request.body, webhook: which, requestedBy, ifVersion };
      const webhook = await conductor.changeWebhook(change);
      reply.header('etag', etagOf(webhook));
      return webhook;
    },
  });
}

function registerDelete(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'DELETE',
    url: '/v3/webhooks/:which',
    config: { rule: 'cyborg:webhook:delete' },
    schema: {
      tags: ['webhooks'],
      summary: 'Delete a webhook; what has not been delivered is not delivered any more',
      params: Which,
      querystring: noQuery,
      headers: ChangeHeaders,
      response: { 204: z.undefined().describe('It is gone.'), ...refusals },
    },
    handler: async (request, reply) => {
      const { requestedBy, ifVersion } = askerOf(request, request.headers);
      const { which } = request.params;
      await conductorFor(request, context, [which]).deleteWebhook({ webhook: which, requestedBy, ifVersion });
      return reply.code(204).send();
    },
  });
}

function registerTest(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v3/webhooks/:which/test',
    config: { rule: 'cyborg:webhook:test' },
    schema: {
      tags: ['webhooks'],
      summary:
        'Send a signed message of type webhook.test now, also for a disabled webhook, and tell what came of it',
      params: Which,
      querystring: noQuery,
      response: { 200: WebhookTest, ...refusals },
    },
    handler: (request, reply) => {
      const { which } = request.params;
      const until = AbortSignal.any([context.closing, clientGone(reply)]);
      return conductorFor(request, context, [which]).testWebhook(which, until);
    },
  });
}
