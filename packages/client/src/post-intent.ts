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

/** Sends an intent, with a key that lets it be repeated without harm. */
export function postIntent<Answer>(
  { callApi, newId }: NounInit,
  { path, answer }: { readonly path: string; readonly answer: z.ZodType<Answer> },
  { idempotencyKey = newId(), ...call }: IntentOptions = {},
): Promise<Answer> {
  const headers = { 'idempotency-key': idempotencyKey };
  return callApi({ method: 'POST', path, headers, answer, ...call });
}
