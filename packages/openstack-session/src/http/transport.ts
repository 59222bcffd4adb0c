import { type Dispatcher, request } from 'undici';
import type { Send } from './http-message.ts';

interface TransportOptions {
  readonly dispatcher: Dispatcher;
  /** Longest wait for the headers, and between two pieces of the body. */
  readonly attemptTimeoutMs: number;
}

/**
 * The end of the way: one HTTP request on a connection of the dispatcher. Fails with what the socket says; when
 * the answer broke off half-way, that is the cause of the error.
 */
export function createTransport({ dispatcher, attemptTimeoutMs }: TransportOptions): Send {
  return async (message) => {
    const response = await request(message.url, {
      method: message.method,
      headers: { ...message.headers },
      body: message.body ?? null,
      signal: message.deadline.signal,
      headersTimeout: attemptTimeoutMs,
      bodyTimeout: attemptTimeoutMs,
      dispatcher,
    });
    const { statusCode: status, body } = response;
    const headers = flatten(response.headers);
    if (message.streamed === true && status >= 200 && status < 300)
      return { status, headers, text: '', body };
    return { status, headers, text: await bodyText(body) };
  };
}

async function bodyText(body: Dispatcher.ResponseData['body']): Promise<string> {
  try {
    return await body.text();
  } catch (cause) {
    throw new Error('the answer broke off', { cause });
  }
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
}
