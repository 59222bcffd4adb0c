import { describe, expect, it } from 'vitest';
import { defaultConductorSettings as settings } from './conductor-settings.ts';
import { judgeWebhookAnswer } from './judge-webhook-answer.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const { webhookGiveUpMs, webhookRetryBaseMs, webhookRetryCapMs } = settings;
const day = 86_400_000;

interface Story {
  readonly status?: number | null;
  readonly failures?: number;
  /** Milliseconds ago. */
  readonly failingFor?: number | null;
  readonly retryAfter?: string | null;
  readonly random?: number;
}

function judge({ status = 500, failures = 0, failingFor = null, retryAfter = null, random = 0 }: Story) {
  const failingSince = failingFor === null ? null : new Date(start - failingFor).toISOString();
  const context = { now: () => start, settings, random: () => random };
  const answer = { status, failure: status === null ? 'connect ECONNREFUSED' : null, retryAfter };
  return judgeWebhookAnswer({ failures, failingSince }, answer, context);
}

/** Milliseconds until the next attempt. */
function pauseOf(story: Story): number {
  const verdict = judge(story);
  if (verdict.kind !== 'later') throw new Error(`not later but ${verdict.kind}`);
  return verdict.at - start;
}

describe('what becomes of an answer', () => {
  it.each([200, 201, 202, 204, 299])('%i is delivered', (status) => {
    expect(judge({ status, failures: 9, failingFor: 2 * webhookGiveUpMs })).toEqual({ kind: 'delivered' });
  });

  it.each([
    [301, /301; redirects are not followed/],
    [400, /answered 400/],
    [404, /answered 404/],
    [429, /answered 429/],
    [503, /answered 503/],
    [null, /ECONNREFUSED/],
  ])('%s is tried later', (status, failure) => {
    expect(judge({ status })).toMatchObject({ kind: 'later', failure: expect.stringMatching(failure) });
  });

  it('410 disables at once', () => {
    expect(judge({ status: 410 })).toMatchObject({ kind: 'disable', reason: expect.stringContaining('410') });
  });

  it('waits twice as long each time, up to a most, and less by up to a fifth', () => {
    const pauses = [0, 1, 2, 30].map((failures) => pauseOf({ failures }));
    expect(pauses).toEqual([
      webhookRetryBaseMs,
      2 * webhookRetryBaseMs,
      4 * webhookRetryBaseMs,
      webhookRetryCapMs,
    ]);
    expect(pauseOf({ random: 0.5 })).toBe(0.9 * webhookRetryBaseMs);
  });

  it.each([
    ['3600', 3_600_000],
    ['1', webhookRetryBaseMs],
    ['Thu, 01 Jan 2026 02:00:00 GMT', 7_200_000],
    ['Thu, 01 Jan 2025 02:00:00 GMT', webhookRetryBaseMs],
    ['99999999999', day],
    ['soon', webhookRetryBaseMs],
  ])('heeds Retry-After: %s', (retryAfter, pause) => {
    expect(pauseOf({ status: 503, retryAfter })).toBe(pause);
  });

  it('gives up after days of nothing but failures, and says since when and why', () => {
    expect(judge({ failures: 7, failingFor: webhookGiveUpMs - 1 }).kind).toBe('later');
    expect(judge({ failures: 7, failingFor: webhookGiveUpMs })).toMatchObject({
      kind: 'disable',
      reason:
        'nothing could be delivered since 2025-12-29T00:00:00.000Z, in 8 attempts; at last: the receiver answered 500',
    });
  });
});
