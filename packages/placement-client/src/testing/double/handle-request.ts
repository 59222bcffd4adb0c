import { aggregateRoutes } from './aggregate-routes.ts';
import { allocationRoutes } from './allocation-routes.ts';
import { candidateRoutes } from './candidate-routes.ts';
import { inventoryRoutes } from './inventory-routes.ts';
import type { PlacementState } from './placement-state.ts';
import { Refusal } from './refusal.ts';
import { reshaperRoutes } from './reshaper-routes.ts';
import { resourceClassRoutes } from './resource-class-routes.ts';
import { resourceProviderRoutes } from './resource-provider-routes.ts';
import { findRoute, type RouteTable } from './route.ts';
import { traitRoutes } from './trait-routes.ts';
import { usageRoutes } from './usage-routes.ts';

/** A request as it came. */
export interface RawRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** An answer as it goes. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface HandlerOptions {
  readonly state: PlacementState;
  /** The newest minor version of API 1 that is spoken. */
  readonly maxMinor: number;
  readonly requestId: string;
  /** Milliseconds since 1970, for `Last-Modified`. */
  readonly now: number;
}

const routes: RouteTable = {
  ...resourceProviderRoutes,
  ...inventoryRoutes,
  ...traitRoutes,
  ...resourceClassRoutes,
  ...aggregateRoutes,
  ...usageRoutes,
  ...allocationRoutes,
  ...candidateRoutes,
  ...reshaperRoutes,
};

/** Answers one request as Placement with `auth_strategy = noauth2` would. */
export function handleRequest(request: RawRequest, options: HandlerOptions): RawAnswer {
  const common: Record<string, string> = {
    'x-openstack-request-id': options.requestId,
    vary: 'openstack-api-version',
  };
  // Undefined until a version was understood; what is refused before that has no code.
  let minor: number | undefined;
  try {
    if (request.url.pathname === '/') return json(200, versionDocument(options), common);
    const unauthorized = refuseStranger(request);
    if (unauthorized !== undefined) return json(401, unauthorized, common);
    minor = microversionOf(request, options);
    common['openstack-api-version'] = `placement 1.${minor}`;
    requireRole(request);
    const { handler, segments } = findRoute(routes, request.method, request.url.pathname);
    const { state } = options;
    const body = bodyOf(request);
    const answer = handler({ state, segments, query: request.url.searchParams, body, minor });
    const hasModifiedHeaders = answer.body !== undefined && minor >= 15;
    return json(answer.status, answer.body, {
      ...common,
      ...(answer.location !== undefined && { location: `http://${request.headers.host}${answer.location}` }),
      ...(hasModifiedHeaders && {
        'cache-control': 'no-cache',
        'last-modified': new Date(options.now).toUTCString(),
      }),
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const body = error.body({ requestId: options.requestId, hasCode: minor !== undefined && minor >= 23 });
    return json(error.status, body, { ...common, ...error.options.headers });
  }
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>>): RawAnswer {
  if (body === undefined) return { status, headers, body: '' };
  return { status, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function versionDocument({ maxMinor }: HandlerOptions) {
  const links = [{ rel: 'self', href: '' }];
  const version = { id: 'v1.0', min_version: '1.0', max_version: `1.${maxMinor}` };
  return { versions: [{ ...version, status: 'CURRENT', links }] };
}

/** The body of a 401 (webob's own shape), or undefined. */
function refuseStranger({ headers }: RawRequest): unknown {
  if (typeof headers['x-auth-token'] === 'string') return undefined;
  return { message: 'This server could not verify that you are authorized', code: '401 Unauthorized' };
}

/** @throws Refusal 403 for a user who may nothing */
function requireRole({ headers }: RawRequest): void {
  const user = String(headers['x-auth-token']).split(':')[0];
  const roles = String(headers['x-roles'] ?? (user === 'admin' ? 'admin' : '')).split(',');
  if (!roles.includes('admin') && !roles.includes('service'))
    throw new Refusal(403, 'Policy does not allow it to be performed.');
}

/** The version that is meant for Placement among those of a header; without one it is 1.0. */
function microversionOf({ headers }: RawRequest, { maxMinor }: HandlerOptions): number {
  const versions = String(headers['openstack-api-version'] ?? '').split(',');
  const asked = versions.map((text) => text.trim()).find((text) => text.startsWith('placement '));
  if (asked === undefined) return 0;
  const version = asked.slice('placement '.length);
  if (version === 'latest') return maxMinor;
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(version) ?? [];
  if (major === undefined) throw new Refusal(400, `invalid version string: ${version}`);
  if (major === '1' && Number(minor) <= maxMinor) return Number(minor);
  throw new Refusal(406, `Unacceptable version header: ${version}`, {
    extra: { min_version: '1.0', max_version: `1.${maxMinor}` },
  });
}

function bodyOf({ headers, body }: RawRequest): unknown {
  if (body === '') return undefined;
  const type = headers['content-type'];
  if (type === undefined) throw new Refusal(400, 'content-type header required when content-length > 0');
  if (!String(type).startsWith('application/json'))
    throw new Refusal(415, `The media type ${type} is not supported, use application/json`);
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new Refusal(400, `Malformed JSON: ${error}`);
  }
}
