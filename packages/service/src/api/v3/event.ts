import { Readable } from 'node:stream';
import { Event } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from '../api-components.ts';
import { clientGone } from '../look-again.ts';
import { eventStream, refusals } from './route-schema.ts';
import { eventFrames } from './watch-events.ts';

/** More than there are; each is a condition of the statement, of which databases take some hundred. */
const maxTypes = 50;

const EventQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).describe('Only events after the one with this id.'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  host: z.string().optional(),
  subject: z.string().optional().describe('Id or name of what it happened to.'),
  type: z
    .string()
    .regex(new RegExp(`^[^,]*(,[^,]*){0,${maxTypes - 1}}$`), `expected at most ${maxTypes} types`)
    .optional()
    .describe(
      `Types, at most ${maxTypes}, separated by commas: \`device.state\`, or \`device.*\`, \`*.created\`.`,
    ),
});

const EventPage = z.object({
  items: z.array(Event),
  next: z.int().describe('Ask again with `after` set to this, now or later: no event is missed.'),
});

const StreamQuery = EventQuery.omit({ after: true, limit: true });
const StreamHeaders = z.looseObject({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, 'expected the id of an event')
    .optional()
    .describe('Begin after this event; left out: with what happens from now on.'),
});

/** `/v3/events`: what has happened, in order. */
export function registerEvents(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerStream(app, context);
}

/** Browsers and other clients of server-sent events send the id of the last one by themselves when they come back. */
function registerStream(app: FastifyInstance, context: ApiContext): void {
  app.route<{ Querystring: z.output<typeof StreamQuery>; Headers: z.output<typeof StreamHeaders> }>({
    method: 'GET',
    url: '/v3/events/stream',
    exposeHeadRoute: false,
    config: { rule: 'cyborg:event:get_all' },
    schema: {
      tags: ['events'],
      summary: 'Follow events as they happen, from any point on: server-sent events with resume',
      querystring: StreamQuery,
      headers: StreamHeaders,
      response: { 200: eventStream, ...refusals },
    },
    handler: async (request, reply) => {
      const { type, ...query } = request.query;
      const last = request.headers['last-event-id'];
      const after = last === undefined ? await context.store.events.latestId() : Number(last);
      const wanted = { ...query, types: type?.split(','), after };
      const frames = eventFrames(context, wanted, [clientGone(reply)]);
      return reply.type('text/event-stream').send(Readable.from(frames));
    },
  });
}

function registerList(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/events',
    config: { rule: 'cyborg:event:get_all' },
    schema: {
      tags: ['events'],
      summary: 'List events in order',
      querystring: EventQuery,
      response: { 200: EventPage, ...refusals },
    },
    handler: async (request) => {
      const { type, ...query } = request.query;
      const items = await store.events.list({ ...query, types: type?.split(',') });
      return { items: [...items], next: items.at(-1)?.id ?? query.after };
    },
  });
}
