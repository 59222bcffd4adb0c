import type { Event } from '@cyborgjs/core';
import type { SigningWebhook } from '../store/webhook.ts';
import type { ConductorContext } from './conductor.ts';
import { postWebhook, type WebhookAnswer } from './post-webhook.ts';
import { webhookHeaders } from './sign-webhook.ts';
import { requireWebhookUrl } from './webhook-url.ts';

/** What a webhook sends: an event, or something that looks like one and was never kept. */
export interface SentEvent extends Omit<Event, 'id'> {
  /** 0 for what is no event. */
  readonly id: number;
}

interface Sending {
  readonly context: Pick<ConductorContext, 'now' | 'settings'>;
  readonly signal: AbortSignal;
  /** Tells messages apart that are no events. */
  readonly key?: string;
}

/**
 * Sends one event as `/v3/events` shows it. The id of the message has the webhook in it, so that it is its own wherever
 * the receiver gets others from. Rejects with the signal's reason alone.
 */
export async function sendEvent(
  webhook: SigningWebhook,
  event: SentEvent,
  { context, signal, key = String(event.id) }: Sending,
): Promise<WebhookAnswer> {
  const { now, settings } = context;
  const url = allowedUrl(webhook.url, settings);
  if (url instanceof Error) return { status: null, failure: url.message, retryAfter: null };
  const message = {
    id: `${webhook.id}_${key}`,
    body: JSON.stringify(event),
    secrets: secretsOf(webhook, now()),
  };
  const { body } = message;
  const timeoutMs = settings.webhookTimeoutMs;
  return postWebhook(url, { headers: webhookHeaders(message, now()), body, timeoutMs, signal });
}

/** What may be has been checked when it was set; the settings may have changed. */
function allowedUrl(text: string, settings: ConductorContext['settings']): URL | Error {
  try {
    return requireWebhookUrl(text, settings);
  } catch (error) {
    return error as Error;
  }
}

function secretsOf({ secret, oldSecret, oldSecretUntil }: SigningWebhook, now: number): string[] {
  const signsToo = oldSecret !== null && oldSecretUntil !== null && Date.parse(oldSecretUntil) > now;
  return signsToo ? [secret, oldSecret] : [secret];
}
