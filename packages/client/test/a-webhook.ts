import { Webhook } from '@cyborgjs/core';
import type { z } from 'zod';

/** A webhook called `ops` to which all was delivered. */
export function aWebhook(facts: Partial<z.input<typeof Webhook>> = {}): Webhook {
  return Webhook.parse({
    id: '6a2f4c1e-0000-4000-8000-00000000000b',
    name: 'ops',
    url: 'https://ops.example.org/cyborg',
    events: ['*'],
    state: 'enabled',
    reason: null,
    after: 41,
    failures: 0,
    failingSince: null,
    nextAttemptAt: null,
    lastAttempt: null,
    lastDeliveredAt: '2025-11-22T09:58:00Z',
    eventsLost: 0,
    lastLostAt: null,
    oldSecretUntil: null,
    requestedBy: 'ann',
    createdAt: '2025-11-01T08:00:00Z',
    updatedAt: null,
    ...facts,
  } satisfies z.input<typeof Webhook>);
}
