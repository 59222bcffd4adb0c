import { Agent, type Dispatcher, request } from 'undici';
import { type Sleep, sleep } from './backoff.ts';
import type { Deadline } from './deadline.ts';
import { type OpenStackError, sessionError } from './openstack-error.ts';
import { createRetryBudget } from './retry-budget.ts';
import {
  type AttemptOutcome,
  defaultRetryPolicy,
  isRetryable,
  type RetryPolicy,
  retryWait,
} from './retry-policy.ts';

/** One request as it goes over the wire. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Text, already encoded. */
  readonly body?: string | undefined;
  /** Whether doing it twice is as doing it once, so that a lost answer may be answered by a repeat. */
  readonly idempotent: boolean;
  readonly deadline: Deadline;
  /** Called before every attempt. */
  readonly onAttempt?: (() => void) | undefined;
}

/** An answer of any status. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** HTTP requests made for it. */
  readonly tried: number;
}

/** TLS settings of the connections, in PEM. */
export interface TlsOptions {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Default true; false accepts every certificate. */
  readonly rejectUnauthorized?: boolean;
}

/** How a transport is tuned; everything has a default. */
export interface HttpOptions {
  /** Connections per origin; each carries one request at a time. Default 4. */
  readonly connections?: number;
  /** Longest wait for the headers, and between two pieces of the body, of one attempt. Default 20 s. */
  readonly attemptTimeoutMs?: number;
  readonly tls?: TlsOptions;
  readonly retry?: RetryPolicy;
  /** Another undici dispatcher (a proxy, a test's), which the caller then closes. */
  readonly dispatcher?: Dispatcher;
  readonly random?: () => number;
  readonly sleep?: Sleep;
  /** Milliseconds since 1970. */
  readonly wallClock?: () => number;
}

/** Sends requests, repeating what may be repeated; knows nothing of tokens. */
export interface Http {
  /**
   * The answer, whatever its status.
   *
   * @throws OpenStackError `session.unreachable` or `session.deadline_exceeded`; the signal's reason on an abort
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Waits for what is under way and closes the connections. */
  close(): Promise<void>;
}

// uWSGI and most WSGI servers drop an idle connection after 5 s or more; a socket that we drop first is never
// reused while the server is closing it.
const keepAliveMs = 4_000;

/** A transport on a pool of kept-alive connections. */
export function createHttp(options: HttpOptions = {}): Http {
  const own = options.dispatcher === undefined ? createAgent(options) : undefined;
  const dispatcher = options.dispatcher ?? own;
  const policy = options.retry ?? defaultRetryPolicy;
  const { random = Math.random, sleep: wait = sleep, wallClock = Date.now } = options;
  const budget = createRetryBudget();

  async function send(message: HttpRequest): Promise<HttpAnswer> {
    for (let attempt = 0; ; attempt++) {
      const result = await attemptOnce(message, dispatcher);
      if ('answer' in result && result.answer.status < 500) budget.refund();
      const waitMs = waitAfter(message, result.outcome, attempt);
      if (waitMs === undefined) return finish(result, message, attempt + 1);
      await wait(waitMs, message.deadline.signal).catch((error) => {
        throw deadlineError(message, attempt + 1, error);
      });
    }
  }

  /** How long to wait before another attempt, or undefined when this one is the last. */
  function waitAfter(message: HttpRequest, outcome: AttemptOutcome, attempt: number): number | undefined {
    if (attempt >= policy.retries || message.deadline.signal.aborted) return undefined;
    if (!isRetryable(outcome, message.idempotent)) return undefined;
    const waitMs = retryWait({ policy, outcome, attempt, random, wallClock });
    if (waitMs === undefined || waitMs >= message.deadline.remainingMs()) return undefined;
    return budget.take() ? waitMs : undefined;
  }

  return { send, close: async () => own?.close() };
}

function createAgent({ connections = 4, attemptTimeoutMs = 20_000, tls }: HttpOptions): Agent {
  return new Agent({
    connections,
    // One outstanding request per connection: uWSGI answers the first of a pipeline and closes.
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    headersTimeout: attemptTimeoutMs,
    bodyTimeout: attemptTimeoutMs,
    connect: { timeout: Math.min(attemptTimeoutMs, 10_000), ...tls },
  });
}

type Attempt =
  | { readonly outcome: AttemptOutcome; readonly answer: Omit<HttpAnswer, 'tried'> }
  | { readonly outcome: AttemptOutcome; readonly failure: unknown };

async function attemptOnce(message: HttpRequest, dispatcher: Dispatcher | undefined): Promise<Attempt> {
  message.onAttempt?.();
  try {
    const response = await request(message.url, {
      method: message.method,
      headers: { ...message.headers },
      body: message.body ?? null,
      signal: message.deadline.signal,
      ...(dispatcher && { dispatcher }),
    });
    const headers = flatten(response.headers);
    const text = await response.body.text();
    const { statusCode: status } = response;
    return { outcome: { status, retryAfter: headers['retry-after'] }, answer: { status, headers, text } };
  } catch (failure) {
    return { outcome: { socketCode: socketCodeOf(failure) }, failure };
  }
}

function finish(result: Attempt, message: HttpRequest, tried: number): HttpAnswer {
  if ('answer' in result) return { ...result.answer, tried };
  if (message.deadline.signal.aborted) throw deadlineError(message, tried, result.failure);
  throw sessionError(
    'session.unreachable',
    `${placeOf(message)} got no answer after ${tried} attempt(s): ${result.outcome.socketCode}. ` +
      'Check that the service runs and that this address is right.',
    { tried, cause: result.failure },
  );
}

/** The error of a call whose signal has fired: our own when its time was over, the caller's reason otherwise. */
function deadlineError(message: HttpRequest, tried: number, cause: unknown): OpenStackError | unknown {
  if (!message.deadline.signal.aborted) return cause;
  if (!message.deadline.expired()) return message.deadline.signal.reason;
  return sessionError(
    'session.deadline_exceeded',
    `${placeOf(message)} had no answer in the time given to it, after ${tried} attempt(s)`,
    { tried, cause },
  );
}

/** Method and address for messages, without the query, which may hold what a log should not. */
export function placeOf({ method, url }: Pick<HttpRequest, 'method' | 'url'>): string {
  return `${method} ${url.origin}${url.pathname}`;
}

function socketCodeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('code' in at && typeof at.code === 'string') return at.code;
  return error instanceof Error ? error.name : 'unknown';
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
}
