import { createHash } from 'node:crypto';
import { CyborgError, type Image } from '@cyborgjs/core';
import type { Store } from '../store/store.ts';
import type { StoredImage } from '../store/uploaded-image.ts';
import type { ConductorContext } from './conductor.ts';

/** What one statement carries: small beside the limits of any database. */
const pieceBytes = 1024 * 1024;

/** An image that is going to be uploaded. */
export interface CreateImageRequest {
  readonly size: number;
  readonly sha256: string;
  readonly requestedBy: string;
}

/** A stretch of an image that is being uploaded. */
export interface AppendToImageRequest {
  readonly image: string;
  readonly offset: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Announces an upload, if there is room for it. Throws `image.unusable`, `image.store_full`. */
export function createImage(
  { size, sha256, requestedBy }: CreateImageRequest,
  { store, newId, settings }: ConductorContext,
): Promise<StoredImage> {
  if (size > settings.imageLimitBytes)
    throw new CyborgError(
      'image.unusable',
      `the image has ${size} bytes, and conductor.imageLimitBytes allows ${settings.imageLimitBytes}`,
    );
  return store.transaction(async ({ images }) => {
    const taken = await images.totalSize();
    if (taken + size > settings.uploadStoreBytes)
      throw new CyborgError(
        'image.store_full',
        `uploaded images take ${taken} bytes, and ${size} more are above conductor.uploadStoreBytes (${settings.uploadStoreBytes}): delete some`,
      );
    const id = newId();
    await images.insert({ id, size, sha256, requestedBy });
    return images.get(id);
  });
}

/**
 * Adds a stretch of bytes as they come; what has come before the line breaks is kept. With the last of them the image is
 * checked: one that is not what was announced is thrown away.
 */
export async function appendToImage(
  { image: id, offset, body }: AppendToImageRequest,
  context: ConductorContext,
): Promise<StoredImage> {
  const { store } = context;
  const image = await store.images.get(id);
  let at = offset;
  for await (const bytes of inPieces(body)) {
    if (at + bytes.length > image.size)
      throw new CyborgError(
        'image.unusable',
        `image ${id} was announced with ${image.size} bytes, and more came`,
      );
    await append(store, image, { at, bytes });
    at += bytes.length;
  }
  const now = await store.images.get(id);
  if (now.received < now.size || now.state === 'complete') return now;
  return check(now, context);
}

async function append(
  store: Store,
  { id }: StoredImage,
  { at, bytes }: { readonly at: number; readonly bytes: Uint8Array },
): Promise<void> {
  const fits = await store.transaction(({ images }) => images.append(id, at, bytes));
  if (fits) return;
  const { received } = await store.images.get(id);
  throw new CyborgError(
    'image.wrong_offset',
    `image ${id} has ${received} bytes, and these belong at ${at}: go on at ${received}`,
    { details: { image: id, received } },
  );
}

async function check(image: StoredImage, { store }: ConductorContext): Promise<StoredImage> {
  const hash = createHash('sha256');
  for await (const bytes of readUpload(store, image.id, 0)) hash.update(bytes);
  const found = hash.digest('hex');
  if (found !== image.sha256) {
    await store.transaction(({ images }) => images.remove([image.id]));
    throw new CyborgError(
      'image.unusable',
      `the upload has SHA-256 ${found}, and ${image.sha256} was announced; it is thrown away`,
    );
  }
  return store.transaction(async ({ images }) => {
    await images.complete(image.id);
    return images.get(image.id);
  });
}

/** Removes an upload. Throws `image.not_found`. */
export function deleteImage(id: string, { store }: ConductorContext): Promise<void> {
  return store.transaction(async ({ images }) => {
    const image = await images.get(id);
    await images.remove([image.id]);
  });
}

/** An upload as agents are told of it. Throws `image.not_found`, `image.unusable`. */
export async function describeUpload(store: Store, id: string): Promise<Image> {
  const { size, received, sha256, state } = await store.images.get(id);
  if (state !== 'complete')
    throw new CyborgError(
      'image.unusable',
      `image ${id} is not uploaded yet: ${received} of ${size} bytes are there`,
    );
  return { id, size, digest: `sha256:${sha256}` };
}

/** The bytes of an upload from an offset on. */
export async function* readUpload(store: Store, id: string, offset: number): AsyncGenerator<Uint8Array> {
  for (let at = offset; ; ) {
    const piece = await store.images.pieceAt(id, at);
    const bytes = piece?.bytes.subarray(at - piece.start);
    if (bytes === undefined || bytes.length === 0) return;
    yield bytes;
    at += bytes.length;
  }
}

/** The same bytes in pieces of one size, but the last. */
async function* inPieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of body)
    for (let at = 0; at < bytes.length; ) {
      const taken = bytes.subarray(at, at + pieceBytes - length);
      waiting.push(taken);
      length += taken.length;
      at += taken.length;
      if (length < pieceBytes) continue;
      yield Buffer.concat(waiting);
      [waiting, length] = [[], 0];
    }
  if (length > 0) yield Buffer.concat(waiting);
}
