import { type Backoff, fullJitter } from './backoff.ts';

/** Repeats after the first attempt, by what came of it, where they differ from `retries` of the policy. */
export interface RetryLimits {
  /** When no answer came. */
  readonly connectRetries?: number | undefined;
  /** When the answer was 429, 502, 503 or 504. */
  readonly statusRetries?: number | undefined;
}

/** How failed attempts are repeated. */
export interface RetryPolicy extends RetryLimits {
  /** Repeats after the first attempt; 0 turns retries off. */
  readonly retries: number;
  readonly backoff: Backoff;
  /** A `Retry-After` above this is not waited for. */
  readonly retryAfterCapMs: number;
}

/** Four repeats, waits of at most 0.2, 0.4, 0.8 and 1.6 s. */
export const defaultRetryPolicy: RetryPolicy = {
  retries: 4,
  backoff: { baseMs: 200, capMs: 8_000 },
  retryAfterCapMs: 60_000,
};

/** What came of one attempt: an HTTP status or the code of a socket error. */
export interface AttemptOutcome {
  readonly status?: number;
  readonly socketCode?: string;
  readonly retryAfter?: string | undefined;
}

// The request never left: safe to repeat whatever it was.
const neverSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

// The request may have been carried out: safe to repeat only when doing so twice is as doing so once.
const maybeSent: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/**
 * Whether an outcome is worth another attempt. 429 is refused unprocessed, so that it may be repeated for every
 * method; 502, 503 and 504 may come from a proxy after the service did its work.
 */
export function isRetryable(outcome: AttemptOutcome, idempotent: boolean): boolean {
  if (outcome.socketCode !== undefined)
    return neverSent.has(outcome.socketCode) || (idempotent && maybeSent.has(outcome.socketCode));
  if (outcome.status === 429) return true;
  return idempotent && (outcome.status === 502 || outcome.status === 503 || outcome.status === 504);
}

/** How many repeats there are after such an outcome. */
export function retriesFor(outcome: AttemptOutcome, policy: RetryPolicy): number {
  const own = outcome.socketCode === undefined ? policy.statusRetries : policy.connectRetries;
  return own ?? policy.retries;
}

interface WaitQuestion {
  readonly policy: RetryPolicy;
  readonly outcome: AttemptOutcome;
  /** 0 after the first attempt. */
  readonly attempt: number;
  readonly random: () => number;
  /** Milliseconds since 1970, to read a `Retry-After` that is a date. */
  readonly wallClock: () => number;
}

/** Milliseconds to wait before the next attempt, or undefined when the server asks for more than the policy allows. */
export function retryWait({ policy, outcome, attempt, random, wallClock }: WaitQuestion): number | undefined {
  const jitter = fullJitter(policy.backoff, attempt, random);
  const asked = parseRetryAfter(outcome.retryAfter, wallClock());
  if (asked === undefined) return jitter;
  if (asked > policy.retryAfterCapMs) return undefined;
  // Never before the server wants us, and not all clients at the same instant after it.
  return asked + random() * policy.backoff.baseMs;
}

/** Milliseconds that a `Retry-After` header asks for: seconds or an HTTP date (RFC 9110, 10.2.3). */
export function parseRetryAfter(value: string | undefined, wallClockMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallClockMs);
}
