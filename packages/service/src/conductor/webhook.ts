import { createHash } from 'node:crypto';
import {
  CyborgError,
  type EventPatterns,
  isCyborgError,
  type WebhookState,
  type WebhookTest,
} from '@cyborgjs/core';
import type { StoreTransaction } from '../store/store.ts';
import type { SigningWebhook, StoredWebhook, WebhookChanges } from '../store/webhook.ts';
import type { Asker, ConductorContext } from './conductor.ts';
import { failureOf } from './judge-webhook-answer.ts';
import { requireVersion } from './require-version.ts';
import { sendEvent } from './send-event.ts';
import { requireWebhookUrl } from './webhook-url.ts';

/** A webhook that somebody wants. */
export interface CreateWebhookRequest extends Asker {
  readonly name: string;
  readonly url: string;
  readonly events: EventPatterns;
  readonly state: WebhookState;
  /** Left out: one is made. */
  readonly secret?: string | undefined;
  /** Only events after the one with this id; left out: those from now on. */
  readonly after?: number | undefined;
}

/** What is to become of a webhook; what is left out stays. */
export interface ChangeWebhookRequest {
  /** Id or name. */
  readonly webhook: string;
  readonly requestedBy: string;
  readonly ifVersion?: number | undefined;
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly events?: EventPatterns | undefined;
  readonly state?: WebhookState | undefined;
  readonly after?: number | undefined;
  readonly secret?: string | undefined;
  /** Milliseconds for which the secret before signs too. */
  readonly oldSecretValidMs?: number | undefined;
}

export interface DeleteWebhookRequest {
  /** Id or name. */
  readonly webhook: string;
  readonly requestedBy: string;
  readonly ifVersion?: number | undefined;
}

/** A webhook, and its secret for whoever has just made it. */
export interface MadeWebhook {
  readonly webhook: StoredWebhook;
  readonly secret: string | null;
}

/** What can be asked of webhooks. */
export interface WebhookIntents {
  /** Throws `webhook.exists`, `webhook.url_refused`, `idempotency.reused`. */
  createWebhook(request: CreateWebhookRequest): Promise<MadeWebhook>;
  /** Changes one, and tries anew at once what had failed. Throws `webhook.not_found`, `webhook.exists`, `webhook.url_refused`. */
  changeWebhook(request: ChangeWebhookRequest): Promise<StoredWebhook>;
  /** Throws `webhook.not_found`. */
  deleteWebhook(request: DeleteWebhookRequest): Promise<void>;
  /** Sends something that is no event, whatever state the webhook is in; nothing is kept of it. Throws `webhook.not_found`. */
  testWebhook(webhook: string, signal: AbortSignal): Promise<WebhookTest>;
}

/** The intents about webhooks. */
export function webhookIntents(context: ConductorContext): WebhookIntents {
  return {
    createWebhook: (request) => createWebhook(request, context),
    changeWebhook: (request) => changeWebhook(request, context),
    deleteWebhook: (request) => deleteWebhook(request, context),
    testWebhook: (webhook, signal) => testWebhook(webhook, signal, context),
  };
}

/** So long whoever has lost the answer may ask for the same again, and see the secret. */
const secretShownMs = 600_000;

async function createWebhook(request: CreateWebhookRequest, context: ConductorContext): Promise<MadeWebhook> {
  const { store, settings, randomBytes } = context;
  const { name, url, events, state, requestedBy, idempotencyKey } = request;
  requireWebhookUrl(url, settings);
  const repeat = await findRepeat(request, context);
  if (repeat !== undefined) return repeat;
  const secret = request.secret ?? `whsec_${randomBytes(32).toString('base64')}`;
  const after = request.after ?? (await store.events.latestId());
  try {
    return await store.transaction(async (transaction) => {
      const id = context.newId();
      await transaction.webhooks.insert({
        ...{ id, name, url, events, state, secret, requestedBy },
        reason: reasonOf(state, requestedBy),
        after,
        idempotencyKey: idempotencyKey ?? null,
        asked: askedOf(request),
      });
      tell(transaction, 'webhook.created', { id, name, requestedBy });
      return { webhook: await transaction.webhooks.get(id), secret };
    });
  } catch (error) {
    // The same request was faster by another way.
    const faster =
      isCyborgError(error) && error.code === 'webhook.exists'
        ? await findRepeat(request, context)
        : undefined;
    if (faster !== undefined) return faster;
    throw error;
  }
}

async function findRepeat(
  request: CreateWebhookRequest,
  { store, now }: ConductorContext,
): Promise<MadeWebhook | undefined> {
  const { requestedBy, idempotencyKey } = request;
  if (idempotencyKey === undefined) return undefined;
  const found = await store.webhooks.findByKey(requestedBy, idempotencyKey);
  if (found === undefined) return undefined;
  if (found.asked !== askedOf(request))
    throw new CyborgError(
      'idempotency.reused',
      `the idempotency key ${idempotencyKey} was used for webhook ${found.name}; use a new one`,
      { details: { idempotencyKey, webhook: found.id } },
    );
  const { secret, oldSecret: _, ...webhook } = found;
  const isFresh = webhook.version === 1 && now() - Date.parse(webhook.createdAt) < secretShownMs;
  return { webhook, secret: isFresh ? secret : null };
}

/** What tells one request from another; of a secret, only its hash. */
function askedOf({ name, url, events, state, secret, after }: CreateWebhookRequest): string {
  const secretHash = secret === undefined ? null : createHash('sha256').update(secret).digest('hex');
  return JSON.stringify({ name, url, events, state, after: after ?? null, secretHash });
}

function changeWebhook(request: ChangeWebhookRequest, context: ConductorContext): Promise<StoredWebhook> {
  const { name, url, events, state, after, requestedBy } = request;
  if (url !== undefined) requireWebhookUrl(url, context.settings);
  return context.store.transaction(async (transaction) => {
    const { webhooks } = transaction;
    const held = await holdWebhook(transaction, request);
    const reason = state === undefined || state === held.state ? undefined : reasonOf(state, requestedBy);
    await webhooks.change(held.id, {
      ...{ name, url, events, state, after, reason },
      ...secretChanges(held, request, context),
      // Whatever was in the way may have been mended by it.
      ...{ failures: 0, failingSince: null, nextAttemptAt: 0 },
    });
    tell(transaction, 'webhook.changed', { id: held.id, name: name ?? held.name, requestedBy });
    return webhooks.get(held.id);
  });
}

const usualOverlapMs = 86_400_000;

function secretChanges(
  held: SigningWebhook,
  { secret, oldSecretValidMs = usualOverlapMs }: ChangeWebhookRequest,
  { now }: Pick<ConductorContext, 'now'>,
): WebhookChanges {
  // The same again: the old one stays what it is.
  if (secret === undefined || secret === held.secret) return {};
  if (oldSecretValidMs === 0) return { secret, oldSecret: null, oldSecretUntil: null };
  return { secret, oldSecret: held.secret, oldSecretUntil: now() + oldSecretValidMs };
}

function deleteWebhook(request: DeleteWebhookRequest, { store }: ConductorContext): Promise<void> {
  return store.transaction(async (transaction) => {
    const { id, name } = await holdWebhook(transaction, request);
    await transaction.webhooks.remove(id);
    tell(transaction, 'webhook.deleted', { id, name, requestedBy: request.requestedBy });
  });
}

const givenUp = { status: null, failure: 'nobody waits for the answer any more' };

async function testWebhook(
  which: string,
  signal: AbortSignal,
  context: ConductorContext,
): Promise<WebhookTest> {
  const { store, now, newId } = context;
  const webhook = await store.webhooks.getSigning(which);
  const { id, name } = webhook;
  const begun = now();
  const at = new Date(begun).toISOString();
  const event = { id: 0, type: 'webhook.test', subject: id, host: null, data: { name }, at };
  const sending = sendEvent(webhook, event, { context, signal, key: `test_${newId()}` });
  const answer = await sending.catch(() => givenUp);
  const failure = failureOf(answer);
  return { delivered: failure === null, status: answer.status, failure, tookMs: now() - begun };
}

/** Holds a webhook at the version that was decided on. */
async function holdWebhook(
  { webhooks }: StoreTransaction,
  { webhook: which, ifVersion }: Pick<ChangeWebhookRequest, 'webhook' | 'ifVersion'>,
): Promise<SigningWebhook> {
  const { id } = await webhooks.get(which);
  await webhooks.hold(id);
  const held = await webhooks.getSigning(id);
  // Holding it has raised its version.
  requireVersion('webhook', { id, version: held.version - 1 }, ifVersion);
  return held;
}

interface News {
  readonly id: string;
  readonly name: string;
  readonly requestedBy: string;
}

function tell({ events }: StoreTransaction, type: string, { id, name, requestedBy }: News): void {
  events.add({ type, subject: id, host: null, data: { name, requestedBy } });
}

const reasonOf = (state: WebhookState, requestedBy: string): string | null =>
  state === 'disabled' ? `disabled by ${requestedBy}` : null;
