import type { CreatedWebhook, Webhook, WebhookTest } from '@cyborgjs/core';
import { type Detail, renderDetails } from './details.ts';
import { humanTime, momentAndAge } from './human-time.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import { toneOf } from './tones.ts';
import type { Style, View } from './view.ts';

/** Webhooks as a table. */
export function webhookListView(webhooks: readonly Webhook[]): View {
  return {
    json: webhooks,
    names: webhooks.map(({ name }) => name),
    text: (style) => (webhooks.length === 0 ? '' : webhookTable(webhooks, style)),
    notes: webhooks.length === 0 ? ['There are no webhooks.'] : [],
  };
}

/** One webhook in full. */
export function webhookView(webhook: Webhook): View {
  return { json: webhook, names: [webhook.name], text: (style) => webhookPage(webhook, style) };
}

/** A webhook that was just made, with the secret that is shown this once; null where it came otherwise. */
export function createdWebhookView(webhook: CreatedWebhook): View {
  const { secret } = webhook;
  return {
    json: webhook,
    names: [webhook.name],
    text: (style) => `${webhookPage(webhook, style)}${secret === null ? '' : `\nSecret          ${secret}`}`,
    notes: [
      secret === null
        ? 'The secret was shown before, and is not shown again.'
        : 'The receiver needs the secret to check deliveries. It is not shown again.',
    ],
  };
}

/** A webhook whose secret is a new one, which is shown this once. */
export function rotatedWebhookView(webhook: Webhook, secret: string): View {
  return createdWebhookView({ ...webhook, secret });
}

/** What came of a test. */
export function webhookTestView(name: string, test: WebhookTest): View {
  return {
    json: test,
    names: [],
    text: () =>
      test.delivered
        ? `webhook ${printable(name)}: delivered, the receiver answered ${test.status} after ${test.tookMs} ms`
        : '',
  };
}

/** In one word and few more: how it does. */
function conditionOf({ state, reason, failures, lastAttempt }: Webhook): string {
  if (state === 'disabled') return reason ?? '';
  return failures === 0 ? '' : `${failures} failed: ${lastAttempt?.failure ?? ''}`;
}

function webhookTable(webhooks: readonly Webhook[], { paint, now, width }: Style): string {
  return renderTable<Webhook>({
    width,
    rows: webhooks,
    columns: [
      { title: 'NAME', cell: ({ name }) => printable(name), narrow: 'shorten' },
      { title: 'STATE', cell: ({ state }) => paint(toneOf(state), state) },
      { title: 'EVENTS', cell: ({ events }) => printable(events.join(',')), narrow: 'shorten' },
      { title: 'URL', cell: ({ url }) => printable(url), narrow: 'shorten' },
      { title: 'DELIVERED', cell: ({ lastDeliveredAt }) => humanTime(lastDeliveredAt, now) },
      { title: 'LOST', cell: ({ eventsLost }) => (eventsLost === 0 ? '' : paint('bad', String(eventsLost))) },
      { title: 'NOTE', cell: (webhook) => printable(conditionOf(webhook)), narrow: 'shorten' },
    ],
  });
}

function webhookPage(webhook: Webhook, { paint, now }: Style): string {
  const { state, reason, failures, failingSince, nextAttemptAt, lastAttempt, eventsLost } = webhook;
  const details: Detail[] = [
    ['Name', printable(webhook.name)],
    ['Id', webhook.id],
    ['State', paint(toneOf(state), state) + (reason === null ? '' : `: ${printable(reason)}`)],
    ['URL', printable(webhook.url)],
    ['Events', webhook.events.map(printable)],
    ['Done up to', `event ${webhook.after}`],
    ['Last delivered', momentAndAge(webhook.lastDeliveredAt, now)],
    ...(lastAttempt?.failure == null
      ? []
      : [['Last attempt', printable(`event ${lastAttempt.eventId}: ${lastAttempt.failure}`)] as const]),
    ...(failures === 0
      ? []
      : [['Failures', `${failures}, since ${momentAndAge(failingSince, now)}`] as const]),
    ...(nextAttemptAt === null ? [] : [['Next attempt', momentAndAge(nextAttemptAt, now)] as const]),
    ...(eventsLost === 0
      ? []
      : [
          [
            'Lost',
            paint('bad', `${eventsLost} events, last ${momentAndAge(webhook.lastLostAt, now)}`),
          ] as const,
        ]),
    ...(webhook.oldSecretUntil === null
      ? []
      : [['Old secret', `signs too until ${momentAndAge(webhook.oldSecretUntil, now)}`] as const]),
    ['Made by', printable(webhook.requestedBy)],
    ['Made', momentAndAge(webhook.createdAt, now)],
  ];
  return renderDetails(details);
}
