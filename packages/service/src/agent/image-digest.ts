import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { ImageDigest } from '@cyborgjs/core';

/** What a file hashes to, by the hash that a digest names. Throws what reading throws. */
export async function digestOfFile(
  path: string,
  wanted: ImageDigest,
  signal?: AbortSignal,
): Promise<ImageDigest> {
  const algorithm = wanted.slice(0, wanted.indexOf(':'));
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash, signal === undefined ? {} : { signal });
  return `${algorithm}:${hash.digest('hex')}`;
}
