import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { lookupSomebody } from './lookup-somebody.ts';

/** What a receiver has answered; `failure` where it has given no status. */
export interface WebhookAnswer {
  readonly status: number | null;
  readonly failure: string | null;
  /** Value of `Retry-After`. */
  readonly retryAfter: string | null;
}

interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds until it is given up. */
  readonly timeoutMs: number;
  /** Gives it up before. */
  readonly signal: AbortSignal;
}

/** So much of an answer is read, and thrown away, before the connection is cut. */
const maxAnswerBytes = 16_384;

/**
 * Sends a body and waits for the status; never rejects but for the signal, with its reason. Follows no redirect, and
 * keeps nothing of the answer: whoever sets an address must learn no more of it than whether it took a message.
 */
export async function postWebhook(
  url: URL,
  { headers, body, timeoutMs, signal }: Post,
): Promise<WebhookAnswer> {
  const overdue = AbortSignal.timeout(timeoutMs);
  try {
    return await exchange(url, { headers, body, signal: AbortSignal.any([overdue, signal]) });
  } catch (error) {
    signal.throwIfAborted();
    const failure = overdue.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error);
    return { status: null, failure, retryAfter: null };
  }
}

function exchange(url: URL, { headers, body, signal }: Omit<Post, 'timeoutMs'>): Promise<WebhookAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<WebhookAnswer>();
  const open = url.protocol === 'https:' ? requestHttps : requestHttp;
  const length = String(Buffer.byteLength(body));
  const outgoing = open(url, {
    method: 'POST',
    headers: { 'user-agent': 'cyborgd', 'content-length': length, ...headers },
    signal,
    lookup: lookupSomebody,
    // A connection that is kept may be closed by the receiver while the next message is on its way.
    agent: false,
  });
  outgoing.on('error', reject);
  outgoing.once('response', (response) => {
    let read = 0;
    response.on('data', (chunk: Buffer) => {
      read += chunk.length;
      if (read > maxAnswerBytes) response.destroy();
    });
    const { statusCode = 0 } = response;
    const retryAfter = response.headers['retry-after'] ?? null;
    // Closed: all was read, or enough. The status counts, however the rest came.
    response.once('close', () => resolve({ status: statusCode, failure: null, retryAfter }));
    response.once('error', () => response.destroy());
  });
  outgoing.end(body);
  return promise;
}

/** Node's error for a name with several addresses that all refuse has no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
