import { CyborgError } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { StoredAttribute } from '../../store/attribute.ts';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import { invalid, readArguments, readInteger, readUuid } from './arguments.ts';
import { faults } from './fault.ts';
import { Link, publicUrl, selfLink } from './link.ts';
import { longLists } from './long-lists.ts';
import { readBody } from './request-body.ts';
import { timestamp } from './timestamp.ts';

/** An attribute of a deployable as Cyborg shows it. */
const AttributeV2 = z.object({
  uuid: z.string(),
  deployable_id: z.int().describe('A number that stands for the deployable; not its uuid.'),
  key: z.string().describe('`rc` for the resource class, `trait…` for a trait, anything else is free.'),
  value: z.string(),
  created_at: z.string(),
  updated_at: z.string().nullable(),
  links: z.array(Link),
});
type AttributeV2 = z.output<typeof AttributeV2>;

const NewAttribute = z.object({
  deployable_id: z.int(),
  key: z.string().min(1).max(255),
  value: z.string().max(1024),
});

const AttributeFilters = z.object({ deployable_id: z.string().optional(), key: z.string().optional() });
const Id = z.object({ uuid: z.string() });

/** `/v2/attributes`. */
export function registerAttributes(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerShow(app, context);
  registerCreate(app, context);
  registerDelete(app, context);
}

function registerList(app: FastifyInstance, { store, settings }: ApiContext): void {
  app.route({
    method: 'GET',
    url: '/v2/attributes',
    config: { rule: 'cyborg:attribute:get_all' },
    schema: {
      tags: ['v2'],
      summary: 'List attributes of deployables',
      querystring: AttributeFilters,
      response: { 200: z.object({ attributes: z.array(AttributeV2) }), ...faults },
    },
    handler: async (request) => {
      const { deployable_id, key } = readArguments(request.query, Object.keys(AttributeFilters.shape));
      const number = deployable_id === undefined ? 0 : readInteger('deployable_id', deployable_id);
      const query = { deployableNumber: number || undefined, key: key || undefined };
      const items = await longLists(() => store.attributes.list(query));
      const base = publicUrl(request, settings.publicEndpoint);
      return { attributes: items.map((item) => attributeV2(item, base)) };
    },
  });
}

function registerShow(app: FastifyInstance, context: ApiContext): void {
  app.route<{ Params: z.output<typeof Id> }>({
    method: 'GET',
    url: '/v2/attributes/:uuid',
    config: { rule: 'cyborg:attribute:get_one' },
    schema: {
      tags: ['v2'],
      summary: 'Show an attribute',
      params: Id,
      response: { 200: AttributeV2, ...faults },
    },
    handler: async (request) => {
      readArguments(request.query, []);
      const attribute = await findAttribute(context, request.params.uuid);
      return attributeV2(attribute, publicUrl(request, context.settings.publicEndpoint));
    },
  });
}

function registerCreate(app: FastifyInstance, context: ApiContext): void {
  app.route({
    method: 'POST',
    url: '/v2/attributes',
    config: { rule: 'cyborg:attribute:create' },
    schema: {
      tags: ['v2'],
      summary: 'Add an attribute, until the next report of the driver',
      body: z.union([NewAttribute, z.object({ attribute: NewAttribute })]),
      response: { 201: AttributeV2, ...faults },
    },
    handler: async (request, reply) => {
      readArguments(request.query, []);
      const wanted = readNewAttribute(readBody(request.body, 'req_attr'));
      const target = [`${wanted.key} of deployable ${wanted.deployableNumber}`];
      const attribute = await conductorFor(request, context, target).createAttribute(wanted);
      return reply
        .code(201)
        .send(attributeV2(attribute, publicUrl(request, context.settings.publicEndpoint)));
    },
  });
}

function registerDelete(app: FastifyInstance, context: ApiContext): void {
  app.route<{ Params: z.output<typeof Id> }>({
    method: 'DELETE',
    url: '/v2/attributes/:uuid',
    config: { rule: 'cyborg:attribute:delete' },
    schema: {
      tags: ['v2'],
      summary: 'Remove an attribute',
      params: Id,
      response: { 204: z.undefined(), ...faults },
    },
    handler: async (request, reply) => {
      readArguments(request.query, []);
      const { id } = await findAttribute(context, request.params.uuid);
      await conductorFor(request, context, [id]).deleteAttribute(id);
      return reply.code(204).send();
    },
  });
}

/** Bare, as Cyborg documents it, or in the envelope that openstacksdk sends. */
function readNewAttribute(body: unknown) {
  const enveloped = z.object({ attribute: z.unknown() }).safeParse(body);
  const read = NewAttribute.safeParse(enveloped.data?.attribute ?? body);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalid(
      `An attribute needs deployable_id, a number, and key and value, strings: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
  const { deployable_id: deployableNumber, key, value } = read.data;
  return { deployableNumber, key, value };
}

async function findAttribute({ store }: ApiContext, text: string): Promise<StoredAttribute> {
  const attribute = await store.attributes.find(readUuid(text));
  if (attribute !== undefined) return attribute;
  throw new CyborgError('attribute.not_found', `Attribute not found with uuid=${text}`);
}

/** Renders an attribute. */
export function attributeV2(attribute: StoredAttribute, base: string): AttributeV2 {
  return {
    uuid: attribute.id,
    deployable_id: attribute.deployableNumber,
    key: attribute.key,
    value: attribute.value,
    created_at: timestamp(attribute.createdAt),
    updated_at: timestamp(attribute.updatedAt),
    links: [selfLink(base, 'attributes', attribute.id)],
  };
}
