import { CyborgError } from '@cyborgjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { admit } from './access.ts';
import type { Authenticator } from './authenticator.ts';
import { isBelowV3 } from './reply-error.ts';
import type { RouteList } from './route-list.ts';
import { negotiate } from './v2/request-checks.ts';
import { routerRefusal } from './v2/router-refusal.ts';

/**
 * Refuses an address that has no route. As in Cyborg, whoever has no token learns nothing about which ones there
 * are, and a microversion that cannot be served comes first.
 */
export async function refuseUnknown(
  request: FastifyRequest,
  reply: FastifyReply,
  { authenticator, routes }: { authenticator: Authenticator; routes: RouteList },
): Promise<never> {
  const path = request.url.split('?', 1)[0] ?? '';
  const isPublic = path === '/' || path === '/v2';
  if (!isPublic) await admit(request, authenticator);
  if (isBelowV3(path)) throw refusal(request.method, path, routes);
  if (path.startsWith('/v2')) negotiate(request, reply);
  throw routerRefusal(request.method, path);
}

function refusal(method: string, path: string, routes: RouteList): CyborgError {
  const allow = routes.methodsOf(path).join(', ');
  if (allow === '') return new CyborgError('route.not_found', `no such address: ${path}`);
  return new CyborgError('route.method_not_allowed', `${path} is for ${allow}, not for ${method}`, {
    details: { allow },
  });
}
