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

/** The oldest minor version that the double speaks, so that every body has one shape. */
const minMinor = 28;

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
  const common = { 'x-openstack-request-id': options.requestId, vary: 'openstack-api-version' };
  try {
    if (request.url.pathname === '/') return json(200, versionDocument(options), common);
    const unauthorized = refuseStranger(request);
    if (unauthorized !== undefined) return json(401, unauthorized, common);
    const minor = microversionOf(request, options);
    const { handler, segments } = findRoute(routes, request.method, request.url.pathname);
    const { state } = options;
    const body = bodyOf(request);
    const answer = handler({ state, segments, query: request.url.searchParams, body, minor });
    return json(answer.status, answer.body, {
      ...common,
      'openstack-api-version': `placement 1.${minor}`,
      ...(answer.body !== undefined && {
        'cache-control': 'no-cache',
        'last-modified': new Date(options.now).toUTCString(),
      }),
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return json(error.status, error.body(options.requestId), { ...common, ...error.options.headers });
  }
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>>): RawAnswer {
  if (body === undefined) return { status, headers, body: '' };
  return { status, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function versionDocument({ maxMinor }: HandlerOptions) {
  const links = [{ rel: 'self', href: '' }];
  const version = { id: 'v1.0', min_version: `1.${minMinor}`, max_version: `1.${maxMinor}` };
  return { versions: [{ ...version, status: 'CURRENT', links }] };
}

/** The body of a 401 (webob's own shape), or undefined; a user who may nothing is a 403. */
function refuseStranger({ headers }: RawRequest): unknown {
  const token = headers['x-auth-token'];
  if (typeof token !== 'string')
    return { message: 'This server could not verify that you are authorized', code: '401 Unauthorized' };
  const roles = String(headers['x-roles'] ?? (token.split(':')[0] === 'admin' ? 'admin' : '')).split(',');
  if (!roles.includes('admin') && !roles.includes('service'))
    throw new Refusal(403, 'Policy does not allow it to be performed.');
  return undefined;
}

function microversionOf({ headers }: RawRequest, { maxMinor }: HandlerOptions): number {
  const asked = String(headers['openstack-api-version'] ?? '').replace(/^placement /, '');
  if (asked === 'latest') return maxMinor;
  const minor = Number(/^1\.(\d+)$/.exec(asked)?.[1] ?? Number.NaN);
  if (minor >= minMinor && minor <= maxMinor) return minor;
  throw new Refusal(406, `Invalid microversion: Unacceptable version header: ${asked || '1.0'}`, {
    extra: { min_version: `1.${minMinor}`, max_version: `1.${maxMinor}` },
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
