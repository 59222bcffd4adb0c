import { ImageDigest, Operation, Uuid } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ImageSource } from '../../conductor/image-source.ts';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import { accept, askerOf } from './asker.ts';
import { ById, ChangeHeaders, noQuery, refusals } from './route-schema.ts';

const dryRun = z.boolean().optional().describe('Change nothing; the operation ends with the plan.');

/** One of three places that an image can come from. */
const ProgramBody = z.union([
  z.strictObject({ image: Uuid.describe('Id of an image in Glance.'), dryRun }),
  z.strictObject({ upload: Uuid.describe('Id of an uploaded image: /v3/images.'), dryRun }),
  z.strictObject({
    url: z
      .url({ protocol: /^https$/, error: 'must be an address that begins with https://' })
      .max(2048)
      .describe('Where the image is.'),
    digest: ImageDigest.describe('What it must hash to: sha256: and 64 hexadecimal digits.'),
    dryRun,
  }),
]);

/** `/v3/deployables`: what can be given out, and how it is programmed. */
export function registerDeployables(app: FastifyInstance, context: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v3/deployables/:id/program',
    config: { rule: 'cyborg:deployable:program' },
    schema: {
      tags: ['deployables'],
      summary:
        'Program the device of a deployable with an image of Glance, an upload, or one at an https address',
      params: ById,
      querystring: noQuery,
      headers: ChangeHeaders,
      body: ProgramBody,
      response: { 202: Operation, ...refusals },
    },
    handler: async (request, reply) => {
      const { requestedBy, idempotencyKey } = askerOf(request, request.headers);
      const deployable = request.params.id;
      const operation = await conductorFor(request, context, [deployable]).programDeployable({
        deployable,
        source: sourceOf(request.body),
        dryRun: request.body.dryRun,
        requestedBy,
        idempotencyKey,
      });
      return accept(request, reply, operation);
    },
  });
}

function sourceOf(body: z.output<typeof ProgramBody>): ImageSource {
  if ('image' in body) return { kind: 'glance', id: body.image };
  if ('upload' in body) return { kind: 'upload', id: body.upload };
  return { kind: 'url', url: body.url, digest: body.digest };
}
