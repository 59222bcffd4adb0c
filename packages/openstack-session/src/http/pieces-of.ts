import type { Readable } from 'node:stream';

/** A body piece by piece; an abort ends it with the signal's reason, and who leaves the loop ends it too. */
export async function* piecesOf(
  body: Readable | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (body === undefined) return;
  const abort = () => body.destroy(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    for await (const piece of body) yield piece as Uint8Array;
  } finally {
    signal?.removeEventListener('abort', abort);
    body.destroy();
  }
}
