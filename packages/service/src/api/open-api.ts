import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { tidyOpenApi } from './open-api-tidy.ts';
import { componentSchemas } from './v3/route-schema.ts';

const description =
  'Accelerators: `/v2` is the API of OpenStack Cyborg, microversions 2.0 to 2.3; `/v3` shows and steers hosts, drivers, ' +
  'devices and operations. Every path is served below `/accelerator` too.';

const tags = [
  { name: 'hosts', description: 'Machines with an agent.' },
  { name: 'drivers', description: 'What finds and serves devices on a host.' },
  { name: 'devices', description: 'Physical cards, from discovery to the end of their use.' },
  { name: 'stats', description: 'What drivers last read of devices: load, temperature, power and the like.' },
  {
    name: 'deployables',
    description: 'Parts of devices that are given out, and what they are programmed with.',
  },
  { name: 'images', description: 'Images that operators have uploaded, for devices to be programmed with.' },
  { name: 'attachments', description: 'Accelerators given to consumers directly, without Nova.' },
  { name: 'operations', description: 'Long-running intents with progress, cancel and exactly one end.' },
  { name: 'events', description: 'What has happened, in order.' },
  { name: 'webhooks', description: 'Addresses that events are sent to, signed, in order, at least once.' },
  { name: 'quotas', description: 'How many accelerator requests projects may have.' },
  { name: 'audit', description: 'Who asked for which change.' },
  { name: 'device profiles', description: 'Named requests for accelerators, which flavors refer to.' },
  { name: 'flavors', description: 'Flavors that would make sense for what is there.' },
  { name: 'v2', description: 'The API of OpenStack Cyborg.' },
  { name: 'service', description: 'The service itself.' },
];

const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'Cyborg',
    description,
    version: '3.0',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }, { url: '/accelerator' }],
  tags,
  components: {
    securitySchemes: {
      token: { type: 'apiKey' as const, in: 'header' as const, name: 'X-Auth-Token' },
      bearer: { type: 'http' as const, scheme: 'bearer' },
    },
  },
  security: [{ token: [] }, { bearer: [] }],
};

/** Collects the schemas of all routes that are added after it. */
export function describeApi(app: FastifyInstance): void {
  const schemaRegistry = namedSchemas();
  const addComponents = createJsonSchemaTransformObject({ schemaRegistry });
  app.register(swagger, {
    openapi,
    transform: createJsonSchemaTransform({ schemaRegistry }),
    transformObject: (document) => tidyOpenApi(addComponents(document)),
  });
}

/** `GET /openapi.json`: the OpenAPI 3.1 description of both APIs. */
export function registerOpenApi(app: FastifyInstance): void {
  app.route({
    method: 'GET',
    url: '/openapi.json',
    config: { rule: 'public' },
    schema: {
      tags: ['service'],
      summary: 'This description, as OpenAPI 3.1',
      security: [],
      response: { 200: z.looseObject({ openapi: z.string() }) },
    },
    serializerCompiler: () => JSON.stringify,
    handler: async () => app.swagger(),
  });
}

/** The global registry, which knows what `describe` said of each schema, with names for some of them. */
function namedSchemas(): typeof z.globalRegistry {
  for (const [id, schema] of Object.entries(componentSchemas)) {
    const known = z.globalRegistry.get(schema);
    if (known?.id !== id) z.globalRegistry.add(schema, { ...known, id });
  }
  return z.globalRegistry;
}
