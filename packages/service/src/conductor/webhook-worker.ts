import type { Event, Uuid, WebhookAttempt } from '@cyborgjs/core';
import type { Lease } from '../store/outbox.ts';
import type { SigningWebhook, WebhookProgress } from '../store/webhook.ts';
import type { ConductorContext } from './conductor.ts';
import { judgeWebhookAnswer, type WebhookVerdict } from './judge-webhook-answer.ts';
import { sendEvent } from './send-event.ts';

/** Webhooks that one conductor delivers for at once; a slow receiver keeps one place, not the others. */
const mostAtOnce = 16;
/** Events of one webhook that are read, and delivered before another has its turn. */
const eventsPerTurn = 50;
/** What a lease is longer than the wait for an answer: time to store it. */
const leaseMarginMs = 5_000;
/** How long a delivery may take to end when this conductor stops. */
const stopGraceMs = 2_000;

/** Delivers events to the receivers of webhooks. */
export interface WebhookWorker {
  /** Begins with all that are due, as far as there is room; throws what went wrong with one since the last round. */
  round(): Promise<boolean>;
  /** Begins with none any more; resolves when what is under way has ended or was given up. */
  stop(): Promise<void>;
}

interface Delivery {
  readonly context: ConductorContext;
  /** Who holds the leases. */
  readonly owner: string;
  /** No further event is begun with. */
  readonly stopping: AbortSignal;
  /** The delivery that is under way is given up. */
  readonly giveUp: AbortSignal;
}

/**
 * A worker of one conductor. Each webhook is leased while events leave for it, so they leave in order and from one
 * conductor; where one has got to is stored after each, so that a conductor that dies leaves a repeat at most. `more` is called
 * when a turn is over that left something to do.
 */
export function createWebhookWorker(context: ConductorContext, more: () => void): WebhookWorker {
  const owner = context.newId();
  const stopping = new AbortController();
  const giveUp = new AbortController();
  const running = new Map<Uuid, Promise<void>>();
  let failure: { readonly reason: unknown } | undefined;

  async function turn(id: Uuid): Promise<void> {
    const delivery = { context, owner, stopping: stopping.signal, giveUp: giveUp.signal };
    let again = false;
    try {
      again = await deliver(id, delivery);
    } catch (reason) {
      failure = { reason };
    } finally {
      running.delete(id);
    }
    if (again) more();
  }

  return {
    async round() {
      const { reason } = failure ?? {};
      const hasFailed = failure !== undefined;
      failure = undefined;
      if (hasFailed) throw reason;
      const room = mostAtOnce - running.size;
      const due = room > 0 ? await context.store.webhooks.listDue(context.now(), room) : [];
      for (const id of due) if (!running.has(id)) running.set(id, turn(id));
      return false;
    },

    async stop() {
      stopping.abort();
      const timer = setTimeout(() => giveUp.abort(), stopGraceMs);
      await Promise.all(running.values());
      clearTimeout(timer);
    },
  };
}

/** One turn of one webhook; true when there may be more to deliver at once. */
async function deliver(id: Uuid, delivery: Delivery): Promise<boolean> {
  const { context, owner, stopping } = delivery;
  const { store, now } = context;
  // Asked before the others: what is not listed up to here is not wanted.
  const newest = await store.events.latestId();
  const claimed = await store.transaction(async (transaction) => {
    if (!(await transaction.webhooks.claim(id, leaseOf(delivery)))) return undefined;
    const webhook = await transaction.webhooks.getSigning(id);
    const query = { after: webhook.after, types: webhook.events, limit: eventsPerTurn };
    return { webhook, events: await transaction.events.list(query) };
  });
  if (claimed === undefined) return false;
  const { events } = claimed;
  try {
    let webhook: SigningWebhook | undefined = claimed.webhook;
    for (const event of events) {
      if (stopping.aborted || webhook === undefined) return false;
      webhook = await deliverOne(webhook, event, delivery);
    }
    if (webhook === undefined) return false;
    if (events.length === eventsPerTurn) return true;
    await advance(webhook, { after: Math.max(newest, webhook.after) }, delivery);
    return false;
  } finally {
    await store.transaction(({ webhooks }) => webhooks.release(id, { owner, now: now() }));
  }
}

/** The webhook as it stands afterwards; undefined when nothing more may be delivered now. */
async function deliverOne(
  webhook: SigningWebhook,
  event: Event,
  delivery: Delivery,
): Promise<SigningWebhook | undefined> {
  const { context, giveUp } = delivery;
  const answer = await sendEvent(webhook, event, { context, signal: giveUp }).catch((error: unknown) => {
    if (giveUp.aborted) return undefined;
    throw error;
  });
  if (answer === undefined) return undefined;
  const verdict = judgeWebhookAnswer(webhook, answer, context);
  const at = new Date(context.now()).toISOString();
  const attempt = { eventId: event.id, at, status: answer.status };
  if (verdict.kind === 'delivered') {
    const lastAttempt: WebhookAttempt = { ...attempt, outcome: 'delivered', failure: null };
    const progress = { after: event.id, failures: 0, failingSince: null, nextAttemptAt: 0, lastAttempt };
    const isKept = await advance(webhook, { ...progress, lastDeliveredAt: context.now() }, delivery);
    return isKept ? { ...webhook, after: event.id, failures: 0, failingSince: null } : undefined;
  }
  await putOff(
    webhook,
    { verdict, attempt: { ...attempt, outcome: 'failed', failure: verdict.failure } },
    delivery,
  );
  return undefined;
}

interface Setback {
  readonly verdict: Exclude<WebhookVerdict, { kind: 'delivered' }>;
  readonly attempt: WebhookAttempt;
}

/** Everything of the webhook waits for the event that was not taken, or for its operator. */
async function putOff(
  webhook: SigningWebhook,
  { verdict, attempt }: Setback,
  delivery: Delivery,
): Promise<void> {
  const { id, name, version } = webhook;
  const { store, log } = delivery.context;
  const failures = webhook.failures + 1;
  const { failingSince, failure } = verdict;
  const next = verdict.kind === 'later' ? { nextAttemptAt: verdict.at } : {};
  const progress = { failures, failingSince, lastAttempt: attempt, ...next };
  const isDisabled = await store.transaction(async ({ webhooks, events }) => {
    const isKept = await webhooks.advance(id, { ...leaseOf(delivery), version }, progress);
    if (!isKept || verdict.kind === 'later') return false;
    const { reason } = verdict;
    await webhooks.hold(id);
    await webhooks.change(id, { state: 'disabled', reason });
    events.add({ type: 'webhook.disabled', subject: id, host: null, data: { name, reason } });
    return true;
  });
  if (isDisabled) log.warn({ webhook: id, name, failure }, 'a webhook is disabled');
  else if (failures === 1) log.warn({ webhook: id, name, failure }, 'a webhook fails; it is tried again');
}

function advance(webhook: SigningWebhook, progress: WebhookProgress, delivery: Delivery): Promise<boolean> {
  const hold = { ...leaseOf(delivery), version: webhook.version };
  return delivery.context.store.transaction(({ webhooks }) => webhooks.advance(webhook.id, hold, progress));
}

function leaseOf({ context, owner }: Delivery): Lease {
  const { now, settings } = context;
  return { owner, now: now(), until: now() + settings.webhookTimeoutMs + leaseMarginMs };
}
