import type { z } from 'zod';
import type { CallApi, CallOptions } from './call-api.ts';

/** How an intent is sent. */
export interface IntentOptions extends CallOptions {
  /**
   * Makes the same intent, sent twice, count once. A fresh one is made when none is given; give your own to
   * repeat an intent after a crash of yours.
   */
  readonly idempotencyKey?: string;
}

/** What the nouns of the client are made from. */
export interface NounInit {
  readonly callApi: CallApi;
  /** Makes idempotency keys. */
  readonly newId: () => string;
}

interface Intent<Answer> {
  readonly path: string;
  /** Sent as JSON, without what is undefined in it; nothing is sent when it is undefined or all in it is. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly answer: z.ZodType<Answer>;
}

/** Sends an intent, with a key that lets it be repeated without harm. */
export function postIntent<Answer>(
  { callApi, newId }: NounInit,
  { path, body = {}, answer }: Intent<Answer>,
  { idempotencyKey = newId(), signal }: IntentOptions = {},
): Promise<Answer> {
  const saysSomething = Object.values(body).some((value) => value !== undefined);
  return callApi({
    method: 'POST',
    path,
    headers: { 'idempotency-key': idempotencyKey },
    body: saysSomething ? body : undefined,
    answer,
    ...(signal === undefined ? {} : { signal }),
  });
}
