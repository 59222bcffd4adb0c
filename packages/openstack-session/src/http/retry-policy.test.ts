import { describe, expect, it } from 'vitest';
import {
  type AttemptOutcome,
  defaultRetryPolicy,
  isRetryable,
  parseRetryAfter,
  retryWait,
} from './retry-policy.ts';

const table: readonly [AttemptOutcome, { idempotent: boolean; other: boolean }][] = [
  [{ status: 200 }, { idempotent: false, other: false }],
  [{ status: 401 }, { idempotent: false, other: false }],
  [{ status: 409 }, { idempotent: false, other: false }],
  [{ status: 429 }, { idempotent: true, other: true }],
  [{ status: 500 }, { idempotent: false, other: false }],
  [{ status: 502 }, { idempotent: true, other: false }],
  [{ status: 503 }, { idempotent: true, other: false }],
  [{ status: 504 }, { idempotent: true, other: false }],
  [{ socketCode: 'ECONNREFUSED' }, { idempotent: true, other: true }],
  [{ socketCode: 'ECONNRESET' }, { idempotent: true, other: false }],
  [{ socketCode: 'UND_ERR_SOCKET' }, { idempotent: true, other: false }],
  [{ socketCode: 'UND_ERR_HEADERS_TIMEOUT' }, { idempotent: true, other: false }],
  [{ socketCode: 'ENOTFOUND' }, { idempotent: false, other: false }],
  [{ socketCode: 'CERT_HAS_EXPIRED' }, { idempotent: false, other: false }],
];

describe('retry policy', () => {
  it.each(table)('decides on %o', (outcome, expected) => {
    expect(isRetryable(outcome, true)).toBe(expected.idempotent);
    expect(isRetryable(outcome, false)).toBe(expected.other);
  });

  it('reads Retry-After as seconds and as a date', () => {
    const now = Date.parse('2026-03-01T10:00:00Z');
    expect(parseRetryAfter('7', now)).toBe(7000);
    expect(parseRetryAfter('Sun, 01 Mar 2026 10:00:05 GMT', now)).toBe(5000);
    expect(parseRetryAfter('Sun, 01 Mar 2026 09:00:00 GMT', now)).toBe(0);
    expect(parseRetryAfter('soon', now)).toBeUndefined();
    expect(parseRetryAfter(undefined, now)).toBeUndefined();
  });

  const question = {
    policy: defaultRetryPolicy,
    outcome: { status: 503 },
    attempt: 0,
    random: () => 1,
    wallClock: () => 0,
  };

  it('doubles the bound of the wait up to the cap, with the whole range below it', () => {
    const bounds = [0, 1, 2, 3, 20].map((attempt) => retryWait({ ...question, attempt }));
    expect(bounds).toEqual([200, 400, 800, 1600, 8000]);
    expect(retryWait({ ...question, attempt: 3, random: () => 0 })).toBe(0);
  });

  it('never comes back before the time that the server asked for, and not at all when that is too far', () => {
    const asked = { ...question, outcome: { status: 503, retryAfter: '5' } };
    expect(retryWait({ ...asked, random: () => 0 })).toBe(5000);
    expect(retryWait({ ...asked, random: () => 0.5 })).toBe(5100);
    expect(retryWait({ ...question, outcome: { status: 503, retryAfter: '3600' } })).toBeUndefined();
  });
});
