import { CyborgError, isCyborgError } from '@cyborgjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { admit, requireRouteRight } from '../access.ts';
import type { ApiContext } from '../api-components.ts';
import { readMicroversion, versionHeaders } from './microversion.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Below `/v2`: the N of the microversion 2.N that is in use. */
    minor: number;
  }
}

/**
 * Checks every request below `/v2` in Cyborg's order: token, microversion, `Accept`, rights. What is wrong with
 * arguments and bodies comes after, in the routes.
 */
export function checkRequests(app: FastifyInstance, { authenticator, policy }: ApiContext): void {
  app.addHook('onRequest', async (request, reply) => {
    await admit(request, authenticator);
    request.minor = negotiate(request, reply);
    requireJsonAccepted(request.headers.accept);
    reply.headers(versionHeaders(request.minor));
    requireRouteRight(request, policy);
  });
}

/** The microversion of a request; one that is out of range is refused with headers that tell the range. */
export function negotiate(request: FastifyRequest, reply: FastifyReply): number {
  try {
    return readMicroversion(request.headers['openstack-api-version']?.toString());
  } catch (error) {
    if (isCyborgError(error) && error.code === 'microversion.unsupported') reply.headers(versionHeaders());
    throw error;
  }
}

/** Throws `request.not_acceptable` when `Accept` leaves no room for JSON. */
export function requireJsonAccepted(accept: string | undefined): void {
  if (accept === undefined || accept.trim() === '') return;
  const types = accept.split(',').map((part) => part.trim().toLowerCase());
  const welcome = types.some((type) => /^(\*\/\*|application\/\*|application\/json)(\s*;|$)/.test(type));
  if (welcome) return;
  throw new CyborgError(
    'request.not_acceptable',
    'The resource could not be generated that was acceptable to your browser (only application/json is spoken).',
  );
}
