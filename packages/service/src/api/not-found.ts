import { CyborgError } from '@cyborgjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { admit } from './access.ts';
import type { ApiContext } from './api-components.ts';
import { isBelowV3 } from './reply-error.ts';
import { negotiate } from './v2/request-checks.ts';
import { routerRefusal } from './v2/router-refusal.ts';

/**
 * Refuses an address that has no route. As in Cyborg, whoever has no token learns nothing about which ones there
 * are, and a microversion that cannot be served comes first.
 */
export async function refuseUnknown(
  request: FastifyRequest,
  reply: FastifyReply,
  { authenticator }: ApiContext,
): Promise<never> {
  const path = request.url.split('?', 1)[0] ?? '';
  const isPublic = path === '/' || path === '/v2';
  if (!isPublic) await admit(request, authenticator);
  if (isBelowV3(path)) throw new CyborgError('route.not_found', `no such address: ${request.method} ${path}`);
  if (path.startsWith('/v2')) negotiate(request, reply);
  throw routerRefusal(request.method, path);
}
