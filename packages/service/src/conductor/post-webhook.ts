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

/** Why a certificate is not taken, by the code of Node's error (node:tls); Node's words give advice for its own command line. */
const certificateTroubles: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'is of an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is of an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is of an authority that is not known here',
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another name',
};

/** Troubles that knowing an authority helps against. */
const isUnknown = (trouble: string): boolean => /self-signed|authority/.test(trouble);

/** Node's error for a name with several addresses that all refuse has no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const trouble = 'code' in error ? certificateTroubles[String(error.code)] : undefined;
  if (trouble === undefined) return error.message;
  const help = isUnknown(trouble) ? '; NODE_EXTRA_CA_CERTS makes its authority known to cyborgd' : '';
  return `the certificate of the receiver ${trouble}${help}`;
}
