import { Event } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from '../api-components.ts';
import { refusals } from './route-schema.ts';

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
    .describe(`Types, at most ${maxTypes}, separated by commas: \`device.state\`, or \`device.*\`.`),
});

const EventPage = z.object({
  items: z.array(Event),
  next: z.int().describe('Ask again with `after` set to this, now or later: no event is missed.'),
});

/** `/v3/events`: what has happened, in order. */
export function registerEvents(app: FastifyInstance, { store }: ApiContext): void {
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
