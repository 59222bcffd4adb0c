import { CreatedWebhook, Webhook, type WebhookState, WebhookTest } from '@cyborgjs/core';
import { z } from 'zod';
import type { CallOptions } from './call-api.ts';
import { type ListOptions, paginate } from './paginate.ts';
import { type IntentOptions, type NounInit, postIntent } from './post-intent.ts';

/** A webhook to be made. */
export interface NewWebhook {
  readonly name: string;
  /** https, or http for a loopback address of the service. */
  readonly url: string;
  /** Types of events: `device.state`, or `device.*`; left out: all. */
  readonly events?: readonly string[];
  /** Left out: enabled. */
  readonly state?: WebhookState;
  /** `whsec_` and 24 to 64 bytes in base64; left out: the service makes one. */
  readonly secret?: string;
  /** Only events after the one with this id, 0 for all that are kept; left out: those from now on. */
  readonly after?: number;
}

/** What is to become of a webhook; what is left out stays. */
export interface WebhookChange extends Partial<NewWebhook> {
  /** With a secret: for how many milliseconds the one before signs too; a day when left out. */
  readonly oldSecretValidMs?: number;
}

/** Webhooks: addresses that events are sent to, in order and at least once. Named by id or name. */
export interface Webhooks {
  list(options?: ListOptions): AsyncIterable<Webhook>;
  /** Rejects with `webhook.not_found`. */
  get(which: string, options?: CallOptions): Promise<Webhook>;
  /** Makes one; its secret is in this answer and in no other. Rejects with `webhook.exists`, `webhook.url_refused`. */
  create(webhook: NewWebhook, options?: IntentOptions): Promise<CreatedWebhook>;
  /** Changes one, and has tried anew at once what had failed. */
  change(which: string, change: WebhookChange, options?: CallOptions): Promise<Webhook>;
  /** Has a message sent now that is no event; tells what came of it. */
  test(which: string, options?: CallOptions): Promise<WebhookTest>;
  remove(which: string, options?: CallOptions): Promise<void>;
}

/** The webhooks behind a connection. */
export function createWebhooks(init: NounInit): Webhooks {
  const { callApi } = init;
  const path = '/v3/webhooks';
  const pathOf = (which: string) => `${path}/${encodeURIComponent(which)}`;
  return {
    list: (options = {}) => paginate(callApi, { path, item: Webhook, filter: {}, options }),
    get: (which, options) => callApi({ method: 'GET', path: pathOf(which), answer: Webhook, ...options }),
    create: (webhook, options) =>
      postIntent(init, { path, body: { ...webhook }, answer: CreatedWebhook }, options),
    change: (which, change, options) =>
      callApi({ method: 'PATCH', path: pathOf(which), body: change, answer: Webhook, ...options }),
    test: (which, options) =>
      callApi({ method: 'POST', path: `${pathOf(which)}/test`, answer: WebhookTest, ...options }),
    remove: (which, options) =>
      callApi({ method: 'DELETE', path: pathOf(which), answer: z.undefined(), ...options }),
  };
}
