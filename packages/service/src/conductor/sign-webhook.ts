import { createHmac } from 'node:crypto';

/** What is sent to a receiver. */
export interface WebhookMessage {
  /** The same for every attempt; no other message has it. */
  readonly id: string;
  /** JSON. */
  readonly body: string;
  /** What to sign with; each gives a signature. */
  readonly secrets: readonly string[];
}

/**
 * The headers of a message sent at a time in milliseconds, as Standard Webhooks 1.0 has them
 * (https://github.com/standard-webhooks/standard-webhooks): HMAC-SHA256 over `id.timestamp.body`, one signature for
 * each secret, keyed with the bytes behind `whsec_`.
 */
export function webhookHeaders({ id, body, secrets }: WebhookMessage, now: number): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
    'content-type': 'application/json',
  };
}
