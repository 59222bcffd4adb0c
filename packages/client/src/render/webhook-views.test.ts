import { randomUUID } from 'node:crypto';
import { Webhook } from '@cyborgjs/core';
import { expect, it } from 'vitest';
import { plainPaint } from './paint.ts';
import { createdWebhookView, webhookListView, webhookView } from './webhook-views.ts';

const style = { width: undefined, paint: plainPaint, now: Date.parse('2026-01-02T10:00:00Z') };
const failing = Webhook.parse({
  id: randomUUID(),
  name: 'ops',
  url: 'https://hooks.example.org/cyborg',
  events: ['device.*', 'host.silent'],
  state: 'enabled',
  reason: null,
  after: 41,
  failures: 3,
  failingSince: '2026-01-02T09:00:00Z',
  nextAttemptAt: '2026-01-02T10:05:00Z',
  lastAttempt: {
    eventId: 42,
    at: '2026-01-02T09:59:00Z',
    outcome: 'failed',
    status: 503,
    failure: 'the receiver answered 503',
  },
  lastDeliveredAt: null,
  eventsLost: 7,
  lastLostAt: '2026-01-02T08:00:00Z',
  oldSecretUntil: null,
  requestedBy: 'admin',
  createdAt: '2026-01-01T10:00:00Z',
  updatedAt: null,
});

it('shows at a glance which webhooks fail and what they have lost', () => {
  const disabled = {
    ...failing,
    name: 'old',
    state: 'disabled' as const,
    reason: 'the receiver answered 410',
  };
  expect(webhookListView([failing, disabled]).text(style).split('\n').slice(1)).toEqual([
    expect.stringMatching(
      /^ops +enabled +device\.\*,host\.silent .* never +7 +3 failed: the receiver answered 503$/,
    ),
    expect.stringMatching(/^old +disabled .* 7 +the receiver answered 410$/),
  ]);
});

it('shows since when one fails, with what, and when it is tried again', () => {
  const page = webhookView(failing).text(style);
  expect(page).toContain('event 42: the receiver answered 503');
  expect(page).toMatch(/Failures +3, since 2026-01-02T09:00:00Z \(1 h ago\)/);
  expect(page).toContain('in 5 min');
  expect(page).toMatch(/Lost +7 events/);
});

it('shows the secret of one that was made, and says that it is not shown again', () => {
  const secret = `whsec_${Buffer.alloc(32).toString('base64')}`;
  const view = createdWebhookView({ ...failing, secret });
  expect(view.text(style)).toContain(secret);
  expect(view.notes?.join()).toContain('not shown again');
  expect(createdWebhookView({ ...failing, secret: null }).notes?.join()).toContain('was shown before');
});
