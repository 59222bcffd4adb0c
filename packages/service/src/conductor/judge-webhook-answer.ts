import type { StoredWebhook } from '../store/webhook.ts';
import type { ConductorContext } from './conductor.ts';
import type { WebhookAnswer } from './post-webhook.ts';
import { retryPauseMs } from './retry-pause.ts';

/** What follows from an answer. Times are milliseconds since the epoch. */
export type WebhookVerdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'later'; readonly failure: string; readonly failingSince: number; readonly at: number }
  | {
      readonly kind: 'disable';
      readonly failure: string;
      readonly failingSince: number;
      readonly reason: string;
    };

/** No receiver keeps what comes after waiting for longer. */
const longestRetryAfterMs = 86_400_000;

/** Why an answer counts as failed; null when it does not. */
export function failureOf({ status, failure }: Pick<WebhookAnswer, 'status' | 'failure'>): string | null {
  if (status === null) return failure ?? 'no answer';
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400)
    return `the receiver answered ${status}; redirects are not followed, set the url to where it leads`;
  return `the receiver answered ${status}`;
}

/** Decides what becomes of a webhook whose receiver answered so. Pure. */
export function judgeWebhookAnswer(
  { failures, failingSince }: Pick<StoredWebhook, 'failures' | 'failingSince'>,
  answer: WebhookAnswer,
  { now, settings, random }: Pick<ConductorContext, 'now' | 'settings' | 'random'>,
): WebhookVerdict {
  const failure = failureOf(answer);
  if (failure === null) return { kind: 'delivered' };
  const since = failingSince === null ? now() : Date.parse(failingSince);
  const failed = { failure, failingSince: since };
  if (answer.status === 410)
    return { kind: 'disable', ...failed, reason: 'the receiver answered 410: it wants no more' };
  if (now() - since >= settings.webhookGiveUpMs)
    return {
      kind: 'disable',
      ...failed,
      reason: `nothing could be delivered since ${new Date(since).toISOString()}, in ${failures + 1} attempts; at last: ${failure}`,
    };
  const { webhookRetryBaseMs: retryBaseMs, webhookRetryCapMs: retryCapMs } = settings;
  const pause = retryPauseMs(failures + 1, { settings: { retryBaseMs, retryCapMs }, random });
  return { kind: 'later', ...failed, at: now() + Math.max(pause, retryAfterMs(answer.retryAfter, now())) };
}

/** A `Retry-After` in milliseconds from now: seconds or a date (RFC 9110, 10.2.3); 0 for what is neither. */
function retryAfterMs(text: string | null, now: number): number {
  if (text === null) return 0;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), longestRetryAfterMs);
}
