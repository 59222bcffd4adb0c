import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { CyborgError, type Image } from '@cyborgjs/core';
import { behind } from './glance.ts';
import type { ImageSource } from './image-source.ts';
import { lookupSomebody } from './lookup-somebody.ts';
import { nobodyIn } from './nobodys-address.ts';

type UrlSource = Extract<ImageSource, { kind: 'url' }>;

/** Until the headers have come. */
const patienceMs = 15_000;
const maxRedirects = 5;

/** An image at an https address, which is believed for its hash alone. Throws `image.not_found`, `image.unusable`, `image.unavailable`. */
export async function describeUrl({ url, digest }: UrlSource, signal: AbortSignal): Promise<Image> {
  const response = await open(url, 0, signal);
  dismiss(response);
  const size = Number(response.headers['content-length'] ?? 0);
  if (Number.isSafeInteger(size) && size > 0) return { id: url, size, digest };
  throw new CyborgError('image.unusable', `${url} does not say how many bytes it has (Content-Length)`);
}

/** Its bytes from an offset on. */
export async function readUrl(
  { url }: UrlSource,
  offset: number,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const response = await open(url, offset, signal);
  return response.statusCode === 206 ? response : behind(response, offset);
}

/** Follows redirects itself: none may lead away from https. */
async function open(address: string, offset: number, signal: AbortSignal): Promise<IncomingMessage> {
  let url = new URL(address);
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const response = await ask(url, offset, signal);
    const { statusCode: status = 0 } = response;
    if (status >= 200 && status < 300) return response;
    dismiss(response);
    const location = status >= 300 && status < 400 ? response.headers.location : undefined;
    if (location === undefined) throw refusal(url, status);
    const target = URL.parse(location, url.href);
    if (target?.protocol !== 'https:')
      throw new CyborgError('image.unusable', `${url.href} redirects to ${location}, which is not https`);
    url = target;
  }
  throw new CyborgError('image.unusable', `${address} redirects more than ${maxRedirects} times`);
}

async function ask(url: URL, offset: number, signal: AbortSignal): Promise<IncomingMessage> {
  if (url.username !== '' || url.password !== '')
    throw new CyborgError('image.unusable', `${url.host} is addressed with a user and a password in the url`);
  const nobody = nobodyIn(url);
  if (nobody !== undefined)
    throw new CyborgError(
      'image.unusable',
      `${url.href} leads to ${nobody}, where nobody is to be spoken to`,
    );
  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  try {
    return await answerOf(url, offset, AbortSignal.any([signal, overdue.signal]));
  } catch (cause) {
    const { reason } = overdue.signal;
    const why = reason ?? cause;
    throw new CyborgError(
      'image.unavailable',
      `${url.href} does not answer: ${why instanceof Error ? why.message : String(why)}`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when the headers have come; after that the signal ends the body. */
function answerOf(url: URL, offset: number, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = {
    'user-agent': 'cyborgd',
    'accept-encoding': 'identity',
    ...(offset === 0 ? {} : { range: `bytes=${offset}-` }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers, signal, lookup: lookupSomebody, agent: false });
    outgoing.on('error', reject);
    outgoing.once('response', resolve);
    outgoing.end();
  });
}

/** Ends an answer whose body nobody wants. */
function dismiss(response: IncomingMessage): void {
  response.on('error', () => undefined).destroy();
}

function refusal({ href }: URL, status: number): CyborgError {
  if (status === 404 || status === 410)
    return new CyborgError('image.not_found', `${href} answered ${status}`);
  const code = status >= 500 || status === 429 ? 'image.unavailable' : 'image.unusable';
  return new CyborgError(code, `${href} answered ${status}`);
}
