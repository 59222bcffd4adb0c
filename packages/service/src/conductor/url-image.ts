import { CyborgError, type Image } from '@cyborgjs/core';
import { behind } from './glance.ts';
import type { ImageSource } from './image-source.ts';

type UrlSource = Extract<ImageSource, { kind: 'url' }>;

/** Until the headers have come. */
const patienceMs = 15_000;
const maxRedirects = 5;

/** An image at an https address, which is believed for its hash alone. Throws `image.not_found`, `image.unusable`, `image.unavailable`. */
export async function describeUrl({ url, digest }: UrlSource, signal: AbortSignal): Promise<Image> {
  const response = await open(url, 0, signal);
  await response.body?.cancel();
  const length = response.headers.get('content-length');
  const size = length === null ? 0 : Number(length);
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
  const body = response.body ?? nothing();
  return response.status === 206 ? body : behind(body, offset);
}

/** Follows redirects itself: none may lead away from https. */
async function open(address: string, offset: number, signal: AbortSignal): Promise<Response> {
  let url = new URL(address);
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const response = await ask(url, offset, signal);
    if (response.ok) return response;
    await response.body?.cancel();
    const { status } = response;
    const location = status >= 300 && status < 400 ? response.headers.get('location') : null;
    if (location === null) throw refusal(url, status);
    const target = URL.parse(location, url.href);
    if (target?.protocol !== 'https:')
      throw new CyborgError('image.unusable', `${url.href} redirects to ${location}, which is not https`);
    url = target;
  }
  throw new CyborgError('image.unusable', `${address} redirects more than ${maxRedirects} times`);
}

async function ask(url: URL, offset: number, signal: AbortSignal): Promise<Response> {
  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  try {
    return await fetch(url.href, {
      redirect: 'manual',
      headers: { 'accept-encoding': 'identity', ...(offset === 0 ? {} : { range: `bytes=${offset}-` }) },
      signal: AbortSignal.any([signal, overdue.signal]),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? String(cause.cause ?? cause.message) : String(cause);
    throw new CyborgError('image.unavailable', `${url.href} does not answer: ${reason}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

function refusal({ href }: URL, status: number): CyborgError {
  if (status === 404 || status === 410)
    return new CyborgError('image.not_found', `${href} answered ${status}`);
  const code = status >= 500 || status === 429 ? 'image.unavailable' : 'image.unusable';
  return new CyborgError(code, `${href} answered ${status}`);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
