import {
  Attachment,
  AttachmentState,
  Consumer,
  CyborgError,
  pageOf,
  ResourceClass,
  Trait,
} from '@cyborgjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { StoredAttachment } from '../../store/attachment.ts';
import { callerOf, projectScopeOf } from '../access.ts';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import { clientGone, lookUntil } from '../look-again.ts';
import { mountOf } from '../routed-url.ts';
import { askerOf, etagOf } from './asker.ts';
import { ById, ChangeHeaders, collectionQuery, noQuery, refusals, waitQuery } from './route-schema.ts';

const unsettled: readonly AttachmentState[] = ['requested', 'attaching', 'detaching'];

const filters = {
  state: AttachmentState.optional(),
  host: z.string().optional(),
  device: z.string().optional().describe('Id of a device.'),
  consumer: z.string().optional().describe('Id of a consumer.'),
  consumerType: Consumer.shape.type.optional(),
};

const NewAttachment = z
  .strictObject({
    consumer: z
      .strictObject({ type: Consumer.shape.type, id: Consumer.shape.id })
      .describe('Who gets it; the same consumer may have several.'),
    deviceProfile: z.string().optional().describe('Name of a device profile that asks for one accelerator.'),
    group: z.int().min(0).optional().describe('Index of the group of the profile, where it asks for more.'),
    resourceClass: ResourceClass.optional(),
    traits: z.array(Trait).max(100).optional().describe('Traits that it must have.'),
    deployable: z.string().optional().describe('Id of a deployable.'),
    host: z.string().optional().describe('Left out: anywhere.'),
    hotplug: z.boolean().optional().describe('Only what can be plugged into a consumer that runs.'),
    options: z.record(z.string().max(64), z.string().max(1024)).optional().describe('Options of the driver.'),
  })
  .refine(
    ({ deviceProfile, resourceClass, deployable }) =>
      [deviceProfile, resourceClass, deployable].filter((way) => way !== undefined).length === 1,
    'say one of deviceProfile, resourceClass and deployable',
  )
  .refine(
    ({ deviceProfile, group }) => group === undefined || deviceProfile !== undefined,
    'group is one of a device profile; say deviceProfile too',
  );

const RemovalQuery = z.strictObject({
  force: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Detach it whoever holds it; otherwise it waits until the consumer lets go.'),
});

/** `/v3/attachments`: accelerators given to consumers directly. */
export function registerAttachments(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerShow(app, context);
  registerCreate(app, context);
  registerDetach(app, context);
}

function registerList(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/attachments',
    config: { rule: 'cyborg:attachment:get_all' },
    schema: {
      tags: ['attachments'],
      summary: 'List attachments in order of asking: all for administrators, else those of the project',
      querystring: collectionQuery(filters),
      response: { 200: pageOf(Attachment), ...refusals },
    },
    handler: async (request) => {
      const { device: deviceId, consumer: consumerId, ...query } = request.query;
      const projectId = projectScopeOf(callerOf(request)) ?? undefined;
      const { items, next } = await store.attachments.list({ ...query, deviceId, consumerId, projectId });
      return { items: [...items], next };
    },
  });
}

function registerShow(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/attachments/:id',
    config: { rule: 'cyborg:attachment:get_one' },
    schema: {
      tags: ['attachments'],
      summary: 'Show an attachment with its connection information, or wait until it is settled',
      params: ById,
      querystring: waitQuery('it is attached, detached or failed'),
      response: { 200: Attachment, ...refusals },
    },
    handler: async (request, reply) => {
      const patience = AbortSignal.timeout(request.query.wait * 1000);
      const look = () => visible(context, request, request.params.id);
      const isSettled = ({ state }: StoredAttachment) => !unsettled.includes(state);
      const until = [context.closing, patience, clientGone(reply)];
      return shown(reply, await lookUntil(look, isSettled, until));
    },
  });
}

function registerCreate(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v3/attachments',
    config: { rule: 'cyborg:attachment:create' },
    schema: {
      tags: ['attachments'],
      summary: 'Give an accelerator to a consumer',
      querystring: noQuery,
      headers: ChangeHeaders,
      body: NewAttachment,
      response: { 202: Attachment, ...refusals },
    },
    handler: async (request, reply) => {
      const { requestedBy, idempotencyKey } = askerOf(request, request.headers);
      const projectId = callerOf(request).projectId ?? '';
      const asker = { requestedBy, idempotencyKey, projectId };
      const target = [`${request.body.consumer.type} ${request.body.consumer.id}`];
      const conductor = conductorFor(request, context, target);
      const attachment = await conductor.createAttachment({ ...request.body, ...asker });
      return accepted(request, reply, attachment);
    },
  });
}

function registerDetach(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'DELETE',
    url: '/v3/attachments/:id',
    config: { rule: 'cyborg:attachment:delete' },
    schema: {
      tags: ['attachments'],
      summary:
        'Take an accelerator back; `release` of the answer says whether by force. It is kept for a while',
      params: ById,
      querystring: RemovalQuery,
      headers: ChangeHeaders,
      response: { 202: Attachment, ...refusals },
    },
    handler: async (request, reply) => {
      const { ifVersion } = askerOf(request, request.headers);
      const { id } = request.params;
      const attachment = await conductorFor(request, context, [id]).detachAttachment({
        attachment: id,
        onlyProject: projectScopeOf(callerOf(request)),
        force: request.query.force === 'true',
        ifVersion,
      });
      return accepted(request, reply, attachment);
    },
  });
}

/** Throws `attachment.not_found` also for what the caller is not to see. */
async function visible(
  { store }: ApiContext,
  request: FastifyRequest,
  id: string,
): Promise<StoredAttachment> {
  const attachment = await store.attachments.get(id);
  const project = projectScopeOf(callerOf(request));
  if (project === null || attachment.projectId === project) return attachment;
  throw new CyborgError('attachment.not_found', `no attachment has the id ${id}`, { details: { id } });
}

function shown(reply: FastifyReply, attachment: StoredAttachment): StoredAttachment {
  reply.header('etag', etagOf(attachment));
  return attachment;
}

/** Answers 202 with the address at which it can be followed. */
function accepted(
  request: FastifyRequest,
  reply: FastifyReply,
  attachment: StoredAttachment,
): StoredAttachment {
  const location = `${mountOf(request.originalUrl)}/v3/attachments/${attachment.id}`;
  reply.code(202).header('location', location);
  return shown(reply, attachment);
}
