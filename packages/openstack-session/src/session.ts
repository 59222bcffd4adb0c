import { randomUUID } from 'node:crypto';
import type { EndpointFilter, Identity } from './auth/auth-provider.ts';
import { withServiceToken } from './auth/with-service-token.ts';
import { sessionError } from './errors/openstack-error.ts';
import { type FoundService, findService } from './find-service.ts';
import { addMicroversion, addRequestId } from './http/add-headers.ts';
import { authenticate } from './http/authenticate.ts';
import { type Deadline, startDeadline } from './http/deadline.ts';
import { createHttp } from './http/http.ts';
import type { HttpAnswer, HttpRequest, Interceptor } from './http/http-message.ts';
import { piecesOf } from './http/pieces-of.ts';
import { readAnswer, type SessionResponse } from './http/read-answer.ts';
import { observeCalls } from './http/record-attempts.ts';
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
  /** Sent as JSON, bytes as they are; absent means no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `X.Y` or `latest`, said in the header that the service reads. Default: the service's setting, or none. */
  readonly microversion?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For the whole call, retries and authentication included. Default: the session's. */
  readonly timeoutMs?: number | undefined;
  /** Whether a lost answer may be answered by a repeat. Default: all methods but POST and PATCH. */
  readonly idempotent?: boolean | undefined;
  /** Called before every HTTP request that the call makes; those to Keystone not included. */
  readonly onAttempt?: (() => void) | undefined;
}

/** An answer whose body comes piece by piece. */
export interface SessionStream {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Read it to its end, or leave the loop over it: then the connection is given up. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Calls to the services of one cloud, as one user. */
export interface Session {
  /**
   * Makes one call.
   *
   * @throws OpenStackError for every answer of 400 and above, and when none came; the signal's reason on an abort
   */
  request(request: SessionRequest): Promise<SessionResponse>;
  /**
   * Makes one call and hands its body on as it comes, for what is too large to be held. Retries and the deadline end
   * with the headers; afterwards a pause of the attempt timeout between two pieces, or an abort, ends the body with
   * an error.
   *
   * @throws OpenStackError as `request` does
   */
  stream(request: SessionRequest): Promise<SessionStream>;
  /**
   * The URL under which a service is called.
   *
   * @throws OpenStackError `session.endpoint_not_found`, and what getting a token may bring
   */
  endpoint(service: string | EndpointFilter, signal?: AbortSignal): Promise<string>;
  /**
   * Whom the token is for and with which roles; undefined when the provider cannot tell.
   *
   * @throws OpenStackError when no token is to be had
   */
  identity(signal?: AbortSignal): Promise<Identity | undefined>;
  /** Waits for what is under way and closes all connections. */
  close(): Promise<void>;
}

/**
 * A session: authentication, endpoints, retries, deadlines and request ids over one pool of connections.
 *
 * @example
 * const session = createSession({ auth: noAuth({ endpoint: 'http://127.0.0.1:8778' }) });
 * const { body } = await session.request({ service: 'placement', method: 'GET', path: '/' });
 * await session.close();
 */
export function createSession(given: SessionOptions): Session {
  const { serviceAuth, now = () => performance.now(), wallClock = Date.now, timeoutMs = 60_000 } = given;
  const auth = serviceAuth === undefined ? given.auth : withServiceToken(given.auth, serviceAuth);
  const options = { ...given, auth, now };
  const http = createHttp(options, sessionSteps(options));
  const within = (ms: number, signal?: AbortSignal) => startDeadline({ timeoutMs: ms, signal, now });

  async function send<Answer>(
    call: SessionRequest & { readonly streamed?: true },
    read: (answer: HttpAnswer, message: HttpRequest) => Answer,
  ): Promise<Answer> {
    const deadline = within(call.timeoutMs ?? timeoutMs, call.signal);
    return inTime(
      deadline,
      `${call.method} ${call.path} of ${typeOf(call.service)} was not sent`,
      async () => {
        const service = await findService(options, call.service, deadline.signal);
        const message = messageOf(call, { service, deadline, userAgent: options.userAgent });
        return read(await http.send(message), message);
      },
    );
  }

  const request = (call: SessionRequest): Promise<SessionResponse> =>
    send(call, (answer, message) => readAnswer(answer, { message, wallClock }));

  const stream = (call: SessionRequest): Promise<SessionStream> =>
    send({ ...call, streamed: true }, (answer, message) => {
      const { status, headers } = readAnswer(answer, { message, wallClock });
      return { status, headers, body: piecesOf(answer.body, call.signal) };
    });

  async function endpoint(service: string | EndpointFilter, signal?: AbortSignal): Promise<string> {
    const deadline = within(timeoutMs, signal);
    const what = `the endpoint of ${typeOf(service)} was not found`;
    return inTime(
      deadline,
      what,
      async () => (await findService(options, service, deadline.signal)).endpoint,
    );
  }

  async function identity(signal?: AbortSignal): Promise<Identity | undefined> {
    const deadline = within(timeoutMs, signal);
    return inTime(deadline, 'the identity was not found', async () => auth.identity?.(deadline.signal));
  }

  async function close(): Promise<void> {
    await Promise.all([http.close(), auth.close?.()]);
  }

  return { request, stream, endpoint, identity, close };
}

/** What a call goes through before it is a matter of HTTP alone. */
function sessionSteps(options: SessionOptions & { readonly now: () => number }): readonly Interceptor[] {
  const { auth, now, hooks = {}, interceptors = [], newId = randomUUID } = options;
  return [
    observeCalls({ hooks, now }),
    ...interceptors,
    addRequestId(newId),
    addMicroversion(),
    authenticate(auth),
  ];
}

/** Does what needs a token; when none came in time, that is an error of ours. */
async function inTime<T>(deadline: Deadline, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!deadline.expired() || cause !== deadline.signal.reason) throw cause;
    const text = `${what} in the time given to it: no token came`;
    throw sessionError('session.deadline_exceeded', text, { tried: 0, cause });
  } finally {
    deadline.end();
  }
}

const typeOf = (service: string | EndpointFilter) => (typeof service === 'string' ? service : service.type);

const neverRepeated = new Set(['POST', 'PATCH']);

interface MessageContext {
  readonly service: FoundService;
  readonly deadline: Deadline;
  readonly userAgent: string | undefined;
}

function messageOf(
  call: SessionRequest & { readonly streamed?: true },
  { service, deadline, userAgent }: MessageContext,
): HttpRequest {
  return {
    service: service.type,
    method: call.method,
    url: urlOf(service.endpoint, call),
    headers: {
      accept: 'application/json',
      'user-agent': userAgent ?? 'cyborgjs-openstack-session',
      ...(call.body !== undefined && { 'content-type': contentTypeOf(call.body) }),
      ...lowerCased(call.headers),
    },
    body: call.body === undefined || call.body instanceof Uint8Array ? call.body : JSON.stringify(call.body),
    microversion: call.microversion ?? service.settings.microversion,
    idempotent: call.idempotent ?? !neverRepeated.has(call.method),
    streamed: call.streamed,
    deadline,
    retry: retryLimits(service),
    attempts: [],
    onAttempt: call.onAttempt,
  };
}

const contentTypeOf = (body: unknown): string =>
  body instanceof Uint8Array ? 'application/octet-stream' : 'application/json';

function retryLimits({ settings: { connectRetries, statusRetries } }: FoundService) {
  return {
    ...(connectRetries !== undefined && { connectRetries }),
    ...(statusRetries !== undefined && { statusRetries }),
  };
}

function lowerCased(headers: SessionRequest['headers'] = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function urlOf(endpoint: string, { path, query = {} }: SessionRequest): URL {
  const url = URL.parse(endpoint.replace(/\/+$/, '') + path);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw sessionError(
      'session.bad_options',
      `the endpoint "${endpoint}" is no http address; give it as http://controller:8778`,
      { tried: 0 },
    );
  for (const [name, value] of Object.entries(query))
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined) url.searchParams.append(name, String(item));
  return url;
}
