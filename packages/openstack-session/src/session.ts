import { randomUUID } from 'node:crypto';
import type { AuthHeaders, EndpointFilter } from './auth-provider.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { sendFollowing } from './follow-redirects.ts';
import { createHttp, type Http, type HttpAnswer, type HttpRequest, placeOf } from './http.ts';
import { sessionError } from './openstack-error.ts';
import { readAnswer, type SessionResponse } from './read-answer.ts';
import type { SessionOptions } from './session-options.ts';

/** A query: repeated keys as lists; undefined values are left out. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** One call to a service. */
export interface SessionRequest {
  /** The catalog's service type (`placement`, `compute`), or a whole filter. */
  readonly service: string | EndpointFilter;
  readonly method: string;
  /** Below the service's endpoint, beginning with `/`; every segment already encoded. */
  readonly path: string;
  readonly query?: Query | undefined;
  /** Sent as JSON; absent means no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For the whole call, retries and authentication included. Default: the session's. */
  readonly timeoutMs?: number | undefined;
  /** Whether a lost answer may be answered by a repeat. Default: all methods but POST and PATCH. */
  readonly idempotent?: boolean | undefined;
  /** Called before every HTTP request that the call makes; those to Keystone not included. */
  readonly onAttempt?: (() => void) | undefined;
}

/** Calls to the services of one cloud, as one user. */
export interface Session {
  /**
   * Makes one call.
   *
   * @throws OpenStackError for every answer of 400 and above, and when none came; the signal's reason on an abort
   */
  request(request: SessionRequest): Promise<SessionResponse>;
  /** Waits for what is under way and closes all connections. */
  close(): Promise<void>;
}

/** A session: authentication, endpoints, retries, deadlines and request ids over one pool of connections. */
export function createSession(options: SessionOptions): Session {
  const { auth, now = () => performance.now(), newId = randomUUID, timeoutMs = 60_000 } = options;
  const http = createHttp(options);

  async function request(call: SessionRequest): Promise<SessionResponse> {
    const deadline = startDeadline({ timeoutMs: call.timeoutMs ?? timeoutMs, signal: call.signal, now });
    try {
      return await requestBefore(deadline, call);
    } catch (error) {
      throw deadline.expired() && error === deadline.signal.reason ? noTimeLeft(call, error) : error;
    }
  }

  async function requestBefore(deadline: Deadline, call: SessionRequest): Promise<SessionResponse> {
    const url = urlOf(await endpointOf(options, call, deadline.signal), call);
    const authHeaders = await auth.headers(deadline.signal);
    const headers = { ...commonHeaders(call, options.userAgent, newId()), ...authHeaders };
    const message = messageOf(call, { url, headers, deadline });
    const first = await sendFollowing(http, message);
    const answer = first.status === 401 ? await repeatRenewed(first, message, authHeaders) : first;
    return readAnswer(answer, placeOf(message));
  }

  /** After a 401: the same request once more, if another token is to be had. */
  async function repeatRenewed(refused: HttpAnswer, message: HttpRequest, old: AuthHeaders) {
    auth.invalidate(old);
    const renewed = await auth.headers(message.deadline.signal);
    if (JSON.stringify(renewed) === JSON.stringify(old)) return refused;
    const answer = await sendFollowing(http, { ...message, headers: { ...message.headers, ...renewed } });
    return { ...answer, tried: answer.tried + refused.tried };
  }

  return { request, close: () => closeAll(http, options) };
}

const neverRepeated = new Set(['POST', 'PATCH']);

function messageOf(
  call: SessionRequest,
  made: Pick<HttpRequest, 'url' | 'headers' | 'deadline'>,
): HttpRequest {
  return {
    ...made,
    method: call.method,
    body: call.body === undefined ? undefined : JSON.stringify(call.body),
    idempotent: call.idempotent ?? !neverRepeated.has(call.method),
    onAttempt: call.onAttempt,
  };
}

function commonHeaders(
  call: SessionRequest,
  userAgent = 'cyborgjs-openstack-session',
  id: string,
): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': userAgent,
    // Services log it as the global request id; their answer carries their own.
    'x-openstack-request-id': `req-${id}`,
    ...(call.body !== undefined && { 'content-type': 'application/json' }),
    ...call.headers,
  };
}

async function endpointOf(
  options: SessionOptions,
  call: SessionRequest,
  signal: AbortSignal,
): Promise<string> {
  const asked = typeof call.service === 'string' ? { type: call.service } : call.service;
  const override = options.endpointOverrides?.[asked.type];
  if (override !== undefined) return override;
  const filter = { interface: options.interface ?? ('public' as const), region: options.region, ...asked };
  const found = await options.auth.endpoint?.(filter, signal);
  if (found !== undefined) return found;
  throw sessionError(
    'session.endpoint_not_found',
    `no ${filter.interface} endpoint of type "${filter.type}" in ` +
      `${filter.region === undefined ? 'any region' : `region "${filter.region}"`}; ` +
      `set an endpoint override for "${filter.type}" or add it to the catalog`,
  );
}

function urlOf(endpoint: string, { path, query = {} }: SessionRequest): URL {
  const url = new URL(endpoint.replace(/\/+$/, '') + path);
  for (const [name, value] of Object.entries(query))
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined) url.searchParams.append(name, String(item));
  return url;
}

function noTimeLeft(call: SessionRequest, cause: unknown) {
  const service = typeof call.service === 'string' ? call.service : call.service.type;
  return sessionError(
    'session.deadline_exceeded',
    `${call.method} ${call.path} of ${service} was not sent in the time given to it: no token came`,
    { tried: 0, cause },
  );
}

async function closeAll(http: Http, { auth }: SessionOptions): Promise<void> {
  await Promise.all([http.close(), auth.close?.()]);
}
