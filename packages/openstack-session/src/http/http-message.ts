import type { Readable } from 'node:stream';
import type { Deadline } from './deadline.ts';
import type { RetryLimits } from './retry-policy.ts';

/** One request as it goes over the wire. */
export interface HttpRequest {
  /** The catalog's type of the service it is for: `placement`. */
  readonly service: string;
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Already encoded. */
  readonly body?: string | Uint8Array | undefined;
  /** `X.Y` or `latest`; the header that says it depends on the service. */
  readonly microversion?: string | undefined;
  /** Whether doing it twice is as doing it once, so that a lost answer may be answered by a repeat. */
  readonly idempotent: boolean;
  /** Whether the body of a 2xx is to be handed on as it comes, not read to its end. */
  readonly streamed?: boolean | undefined;
  readonly deadline: Deadline;
  /** Fewer or more repeats than the policy has. */
  readonly retry?: RetryLimits | undefined;
  /** Grows by one with every HTTP request made for it; the same list in all copies of one message. */
  readonly attempts: Attempt[];
  /** Called before every attempt. */
  readonly onAttempt?: (() => void) | undefined;
}

/** One HTTP request that was made, and what came of it. */
export interface Attempt {
  readonly service: string;
  readonly method: string;
  /** Origin and path; never the query, which may hold what a log should not. */
  readonly address: string;
  /** The HTTP status, or the code of the socket's error: `ECONNRESET`. */
  readonly outcome: number | string;
  readonly durationMs: number;
}

/** An answer of any status. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where the body is handed on as it comes. */
  readonly text: string;
  /** The body of a 2xx, for a request that is `streamed`. */
  readonly body?: Readable | undefined;
}

/**
 * Sends a request and gives the answer, whatever its status.
 *
 * @throws OpenStackError `session.unreachable` or `session.deadline_exceeded`; the signal's reason on an abort
 */
export type Send = (message: HttpRequest) => Promise<HttpAnswer>;

/** A step on the way of every request: gets the rest of the way, and is the way with itself in front. */
export type Interceptor = (next: Send) => Send;

/** One way out of many steps; the first of the list is the outermost. */
export function composeInterceptors(interceptors: readonly Interceptor[], transport: Send): Send {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), transport);
}

/** Origin and path, without the query. */
export function addressOf(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** Method and address, for messages. */
export function placeOf({ method, url }: Pick<HttpRequest, 'method' | 'url'>): string {
  return `${method} ${addressOf(url)}`;
}
