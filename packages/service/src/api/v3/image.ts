import type { Readable } from 'node:stream';
import { pageOf, UploadedImage } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { callerOf } from '../access.ts';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import { ById, collectionQuery, noQuery, refusals } from './route-schema.ts';

/** Most bytes in one request; an image may come in any number of them. */
const maxBytes = 1024 ** 4;

/** `/v3/images`: images that operators upload, to program devices with. */
export function registerImages(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerCreate(app, context);
  registerShow(app, context);
  registerDelete(app, context);
  app.register(async (scope) => registerData(scope, context));
}

function registerList(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/images',
    config: { rule: 'cyborg:image:get_all' },
    schema: {
      tags: ['images'],
      summary: 'List uploaded images in order of arrival',
      querystring: collectionQuery({}),
      response: { 200: pageOf(UploadedImage), ...refusals },
    },
    handler: async (request) => {
      const { items, next } = await store.images.list(request.query);
      return { items: [...items], next };
    },
  });
}

function registerShow(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/images/:id',
    config: { rule: 'cyborg:image:get_one' },
    schema: {
      tags: ['images'],
      summary: 'Show an uploaded image, and how much of it is there',
      params: ById,
      querystring: noQuery,
      response: { 200: UploadedImage, ...refusals },
    },
    handler: (request) => store.images.get(request.params.id),
  });
}

function registerCreate(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v3/images',
    config: { rule: 'cyborg:image:create' },
    schema: {
      tags: ['images'],
      summary: 'Announce an image; its bytes are then put to its data',
      querystring: noQuery,
      body: UploadedImage.pick({ size: true, sha256: true }).strict(),
      response: { 201: UploadedImage, ...refusals },
    },
    handler: async (request, reply) => {
      const { userId: requestedBy } = callerOf(request);
      const conductor = conductorFor(request, context, [request.body.sha256]);
      return reply.code(201).send(await conductor.createImage({ ...request.body, requestedBy }));
    },
  });
}

/** The body is kept as it comes, so that what came before the line broke need not come again. */
function registerData(app: FastifyInstance, context: ApiContext): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/octet-stream', (_request, body, done) => done(null, body));
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'PUT',
    url: '/v3/images/:id/data',
    bodyLimit: maxBytes,
    config: { rule: 'cyborg:image:create' },
    schema: {
      tags: ['images'],
      summary: 'Send bytes of an image, as application/octet-stream; they must join those that are there',
      params: ById,
      querystring: z.strictObject({
        offset: z.coerce
          .number()
          .int()
          .nonnegative()
          .default(0)
          .describe('Where in the image the bytes belong.'),
      }),
      response: { 200: UploadedImage, ...refusals },
    },
    handler: (request) => {
      const { id } = request.params;
      return conductorFor(request, context, [id]).appendToImage({
        image: id,
        offset: request.query.offset,
        body: (request.body as Readable | null | undefined) ?? nothing(),
      });
    },
  });
}

function registerDelete(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'DELETE',
    url: '/v3/images/:id',
    config: { rule: 'cyborg:image:delete' },
    schema: {
      tags: ['images'],
      summary: 'Throw an uploaded image away',
      params: ById,
      querystring: noQuery,
      response: { 204: z.undefined(), ...refusals },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await conductorFor(request, context, [id]).deleteImage(id);
      return reply.code(204).send();
    },
  });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
