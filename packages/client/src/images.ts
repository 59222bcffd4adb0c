import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { UploadedImage } from '@cyborgjs/core';
import { z } from 'zod';
import type { CallOptions } from './call-api.ts';
import { type ListOptions, paginate } from './paginate.ts';
import type { NounInit } from './post-intent.ts';

/** How an upload is followed. */
export interface UploadOptions extends CallOptions {
  /** Bytes that are there, out of how many. */
  readonly onProgress?: (received: number, size: number) => void;
}

/** Images that were uploaded, to program devices with. */
export interface Images {
  list(options?: ListOptions): AsyncIterable<UploadedImage>;
  /** Rejects with `image.not_found`. */
  get(id: string, options?: CallOptions): Promise<UploadedImage>;
  /**
   * Uploads a file, in pieces that are each sent again when their answer is lost; a complete upload of the same bytes
   * that is there already is the answer. Rejects with `image.unusable`, `image.store_full`, what reading the file
   * throws, and when it has become shorter meanwhile.
   */
  upload(file: string, options?: UploadOptions): Promise<UploadedImage>;
  /** Rejects with `image.not_found`. */
  delete(id: string, options?: CallOptions): Promise<void>;
}

const pieceBytes = 4 * 1024 * 1024;

/** The uploaded images behind a connection. */
export function createImages({ callApi }: NounInit): Images {
  const pathOf = (id: string) => `/v3/images/${encodeURIComponent(id)}`;
  const get = (id: string, options?: CallOptions) =>
    callApi({ method: 'GET', path: pathOf(id), answer: UploadedImage, ...options });
  const list = (options: ListOptions = {}) =>
    paginate(callApi, { path: '/v3/images', item: UploadedImage, filter: {}, options });

  /** What of the same bytes is there, complete or begun; else it is announced. */
  async function begin(size: number, sha256: string, call: CallOptions): Promise<UploadedImage> {
    for await (const image of list(call)) if (image.sha256 === sha256 && image.size === size) return image;
    return callApi({
      method: 'POST',
      path: '/v3/images',
      body: { size, sha256 },
      answer: UploadedImage,
      ...call,
    });
  }

  return {
    list,
    get,
    async upload(path, { onProgress, ...call } = {}) {
      const file = await open(path);
      try {
        const { size } = await file.stat();
        const hash = createHash('sha256');
        for await (const bytes of file.createReadStream({ autoClose: false, start: 0 })) hash.update(bytes);
        let image = await begin(size, hash.digest('hex'), call);
        while (image.state === 'uploading') {
          const offset = image.received;
          const piece = await readPiece(file, image, path);
          image = await callApi({
            method: 'PUT',
            path: `${pathOf(image.id)}/data`,
            query: { offset },
            body: piece,
            answer: UploadedImage,
            ...call,
          }).catch(async (error: unknown) => {
            // A repeat of a piece whose answer was lost finds it there.
            const now = await get(image.id, call).catch(() => undefined);
            if (now === undefined || now.received <= offset) throw error;
            return now;
          });
          onProgress?.(image.received, image.size);
        }
        return image;
      } finally {
        await file.close();
      }
    },
    async delete(id, options) {
      await callApi({ method: 'DELETE', path: pathOf(id), answer: z.undefined(), ...options });
    },
  };
}

/** What comes after the bytes that are there; nothing where all are, and the service has yet to say that it is complete. */
async function readPiece(
  file: FileHandle,
  { received, size }: UploadedImage,
  path: string,
): Promise<Uint8Array> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(pieceBytes), 0, pieceBytes, received);
  if (bytesRead === 0 && received < size)
    throw new Error(
      `${path} has become shorter while it was sent: ${received} of ${size} bytes were there; upload it when nobody writes to it`,
    );
  return buffer.subarray(0, bytesRead);
}
