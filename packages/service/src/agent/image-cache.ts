import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Image, ImageDigest } from '@cyborgjs/core';
import { DriverError } from '@cyborgjs/driver-sdk';
import { digestOfFile } from './image-digest.ts';

interface ImageCacheInit {
  readonly directory: string;
  /** The same directory as a driver sees it. */
  readonly seenAs: string;
  /** Most bytes that the images take together, unfinished ones included. */
  readonly maxBytes: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** An image to be fetched, and how much of it is there already. */
interface Begun {
  readonly bytes: number;
}

/**
 * Images on the disk of a host, each under its digest, so that one that is programmed again is not fetched again and
 * a fetch that was cut off goes on where it was. What was not used for longest goes when room is needed.
 */
export interface ImageCache {
  /** Path of an image as a driver sees it; undefined when it is not there whole and as it must be. */
  find(digest: ImageDigest): Promise<string | undefined>;
  /** Makes room and tells where to go on. Throws `invalid` for an image that no room can be made for. */
  begin(image: Image): Promise<Begun>;
  append(image: Image, offset: number, bytes: Uint8Array): Promise<void>;
  /** Ends a fetch; the path. Throws `invalid` when the bytes are not those of the digest; they are thrown away then. */
  finish(image: Image, begun: Begun): Promise<string>;
  /** Keeps an image from being thrown away; returns the way to let go of it. */
  pin(digest: ImageDigest): () => void;
  /** Throws away what an interrupted fetch left behind long ago. */
  tidy(): Promise<void>;
}

const unfinished = '.part';
const unfinishedKeptMs = 24 * 3_600_000;

/** The cache in a directory, which is made when it is first needed. */
export function createImageCache({ directory, seenAs, maxBytes, now }: ImageCacheInit): ImageCache {
  const pins: string[] = [];
  const fileOf = (digest: ImageDigest) => join(directory, nameOf(digest));
  const partOf = (digest: ImageDigest) => `${fileOf(digest)}${unfinished}`;

  return {
    async find(digest) {
      const isThere = await isWhole(fileOf(digest), digest, now());
      return isThere ? posix.join(seenAs, nameOf(digest)) : undefined;
    },

    begin: (image) =>
      onDisk(image, async () => {
        await mkdir(directory, { recursive: true });
        await makeRoom(image, { directory, maxBytes, pins });
        const there = (await sizeOf(partOf(image.digest))) ?? 0;
        if (there <= image.size) return { bytes: there };
        await rm(partOf(image.digest), { force: true });
        return { bytes: 0 };
      }),

    append: (image, offset, bytes) =>
      onDisk(image, async () => {
        const file = await open(partOf(image.digest), offset === 0 ? 'w' : 'r+', 0o644);
        try {
          await file.write(bytes, 0, bytes.length, offset);
        } finally {
          await file.close();
        }
      }),

    async finish(image, begun) {
      const { digest } = image;
      const part = partOf(digest);
      const found = await onDisk(image, () => digestOfFile(part, digest));
      if (found !== digest) {
        await rm(part, { force: true });
        throw notTheImage(image, found, begun);
      }
      await onDisk(image, () => flushAndRename(part, fileOf(digest)));
      return posix.join(seenAs, nameOf(digest));
    },

    pin(digest) {
      pins.push(nameOf(digest));
      return () => void pins.splice(pins.indexOf(nameOf(digest)), 1);
    },

    async tidy() {
      for (const { name, usedAt } of await entries(directory))
        if (name.endsWith(unfinished) && usedAt < now() - unfinishedKeptMs)
          await rm(join(directory, name), { force: true });
    },
  };
}

/** Whether a file is there that hashes to the digest, which is noted as a use of it; another one goes. */
async function isWhole(file: string, digest: ImageDigest, now: number): Promise<boolean> {
  if ((await sizeOf(file)) === undefined) return false;
  const isIt = (await digestOfFile(file, digest)) === digest;
  if (isIt) await utimes(file, now / 1000, now / 1000);
  else await rm(file, { force: true });
  return isIt;
}

interface Room extends Pick<ImageCacheInit, 'directory' | 'maxBytes'> {
  /** Names of files that stay. */
  readonly pins: readonly string[];
}

/** Throws away what was not used for longest until the image has room. */
async function makeRoom({ digest, size }: Image, { directory, maxBytes, pins }: Room): Promise<void> {
  if (size > maxBytes)
    throw new DriverError('invalid', `the image has ${size} bytes, and this host keeps ${maxBytes} at most`, {
      hint: 'Raise agent.imageCacheBytes in the configuration of the agent.',
    });
  const files = await entries(directory);
  const others = files.filter(({ name }) => name !== `${nameOf(digest)}${unfinished}`);
  let taken = others.reduce((sum, file) => sum + file.size, 0);
  for (const file of others.sort((one, other) => one.usedAt - other.usedAt)) {
    if (taken + size <= maxBytes) return;
    if (pins.includes(file.name)) continue;
    await rm(join(directory, file.name), { force: true });
    taken -= file.size;
  }
}

const nameOf = (digest: ImageDigest): string => digest.replace(':', '-');

/** What went on from bytes of an earlier run may have been spoilt by how that run ended: then it is worth a retry. */
function notTheImage({ id, digest }: Image, found: string, begun: Begun): DriverError {
  return new DriverError('invalid', `image ${id} came as ${found}, and it has to be ${digest}`, {
    retry: begun.bytes > 0 ? 'now' : 'never',
    hint: 'What its store holds is not what its store says, or it was changed on the way: upload it anew.',
  });
}

async function flushAndRename(from: string, to: string): Promise<void> {
  const file = await open(from, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(from, to);
}

interface Entry {
  readonly name: string;
  readonly size: number;
  readonly usedAt: number;
}

async function entries(directory: string): Promise<Entry[]> {
  const names = await readdir(directory).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const facts = await stat(join(directory, name)).catch(() => undefined);
      return facts === undefined ? [] : [{ name, size: facts.size, usedAt: facts.mtimeMs }];
    }),
  );
  return found.flat();
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

async function onDisk<Value>({ id }: Image, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof DriverError) throw cause;
    throw new DriverError('unavailable', `image ${id} cannot be kept on this host: ${String(cause)}`, {
      retry: 'later',
      hint: 'See that the state directory of the agent can be written and has room.',
      cause,
    });
  }
}
