import { CyborgError } from '@cyborgjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authenticator, Identity } from './authenticator.ts';
import { type Policy, type PolicyRule, requireRight } from './policy.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The right that the caller needs; `public` where none is asked for, not even a token. */
    rule?: PolicyRule | 'public';
  }
  interface FastifyRequest {
    /** Set by `admit`; null on public routes. */
    identity: Identity | null;
  }
}

/** Makes a route without a rule a mistake that shows at the start, not a hole. */
export function demandRules(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.rule !== undefined || route.method === 'OPTIONS') return;
    throw new CyborgError('internal.unexpected', `route ${route.method} ${route.url} has no access rule`);
  });
}

/** Finds out who calls, once per request, unless the route is public. */
export async function admit(request: FastifyRequest, auth: Authenticator): Promise<void> {
  if (request.routeOptions.config.rule === 'public') return;
  request.identity = await auth.authenticate(request.headers);
}

/** Throws `auth.denied` when the caller may not use the route. */
export function requireRouteRight(request: FastifyRequest, policy: Policy): void {
  const { rule } = request.routeOptions.config;
  if (rule !== undefined && rule !== 'public') requireRight(policy, callerOf(request), rule);
}

/** The project whose things somebody sees and changes; null for those of all, which is an administrator's. */
export function projectScopeOf({ roles, projectId }: Identity): string | null {
  return roles.includes('admin') ? null : (projectId ?? '');
}

/** Who calls, on routes that are not public. */
export function callerOf(request: FastifyRequest): Identity {
  if (request.identity === null) throw new CyborgError('auth.required', 'the request was not authenticated');
  return request.identity;
}
