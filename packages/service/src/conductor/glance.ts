import { CyborgError, Image } from '@cyborgjs/core';
import {
  isOpenStackError,
  type OpenStackError,
  type Session,
  type SessionRequest,
} from '@cyborgjs/openstack-session';
import { z } from 'zod';

/** For an answer that is no image; the bytes of one may take as long as they come. */
const timeoutMs = 15_000;
const service = 'image';

/** What we need of Glance. All throw `image.not_found`, `image.unusable` or `image.unavailable`. */
export interface Glance {
  describe(id: string, signal: AbortSignal): Promise<Image>;
  /** The only image with this `accel:function_id`. */
  findFunction(functionId: string, signal: AbortSignal): Promise<Image>;
  /** Its bytes from an offset on. */
  read(id: string, offset: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** An image as Glance shows it (api-ref/image/v2, "Show image"). */
const GlanceImage = z.object({
  id: z.string(),
  status: z.string(),
  size: z.int().nonnegative().nullish(),
  checksum: z.string().nullish(),
  os_hash_algo: z.string().nullish(),
  os_hash_value: z.string().nullish(),
});
const GlanceImages = z.object({ images: z.array(GlanceImage) });

/** Glance, by its image service API v2. */
export function createGlance(session: Session): Glance {
  const ask = async (call: Pick<SessionRequest, 'path' | 'query' | 'signal'>): Promise<unknown> => {
    const path = await versionedPath(session, call);
    return (await session.request({ service, method: 'GET', timeoutMs, ...call, path })).body;
  };

  async function open(id: string, offset: number, signal: AbortSignal) {
    const path = await versionedPath(session, { path: `/images/${id}/file`, signal });
    const headers = { accept: '*/*', ...(offset === 0 ? {} : { range: `bytes=${offset}-` }) };
    return session.stream({ service, method: 'GET', timeoutMs, path, headers, signal });
  }

  return {
    describe: (id, signal) =>
      translate(`image ${id}`, async () =>
        toImage(GlanceImage.parse(await ask({ path: `/images/${id}`, signal }))),
      ),

    findFunction: (functionId, signal) =>
      translate(`an image with accel:function_id ${functionId}`, async () => {
        const query = { 'accel:function_id': functionId };
        const { images } = GlanceImages.parse(await ask({ path: '/images', query, signal }));
        const [image, ...others] = images;
        if (image === undefined)
          throw new CyborgError('image.not_found', `no image in Glance has accel:function_id ${functionId}`);
        if (others.length === 0) return toImage(image);
        const ids = images.map(({ id }) => id).join(', ');
        throw new CyborgError(
          'image.unusable',
          `several images in Glance have accel:function_id ${functionId}: ${ids}`,
        );
      }),

    read: (id, offset, signal) =>
      translate(`the data of image ${id}`, async () => {
        const stretch = await open(id, offset, signal).catch((error: unknown) => {
          // Not every store of Glance can begin in the middle.
          if (offset > 0 && isOpenStackError(error) && (error.status === 400 || error.status === 416))
            return open(id, 0, signal);
          throw error;
        });
        if (stretch.status === 204)
          throw new CyborgError('image.not_found', `Glance has lost the data of image ${id}`);
        return stretch.status === 206 ? stretch.body : behind(stretch.body, offset);
      }),
  };
}

/** A path of the API v2: catalogs name Glance with its version or without. */
export async function versionedPath(
  session: Session,
  { path, signal }: { readonly path: string; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  const endpoint = await session.endpoint(service, signal);
  return /\/v2\/*$/.test(endpoint) ? path : `/v2${path}`;
}

/** What comes behind some bytes. */
export async function* behind(body: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Uint8Array> {
  let left = offset;
  for await (const piece of body) {
    if (left < piece.length) yield left === 0 ? piece : piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

function toImage({ id, status, size, ...hashes }: z.output<typeof GlanceImage>): Image {
  if (status !== 'active')
    throw new CyborgError(
      'image.unusable',
      `image ${id} is ${status} in Glance; only an active one has data`,
    );
  const { os_hash_algo: algorithm, os_hash_value: value, checksum } = hashes;
  const digest = algorithm && value ? `${algorithm}:${value}` : checksum ? `md5:${checksum}` : '';
  const image = Image.safeParse({ id, size, digest: digest.toLowerCase() });
  if (image.success) return image.data;
  const places = image.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new CyborgError(
    'image.unusable',
    `image ${id} cannot be checked: Glance gives its size as ${size ?? 'none'} and its hash as ${digest || 'none'} (${places.join('; ')})`,
  );
}

async function translate<Value>(what: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (isOpenStackError(error)) throw translated(what, error);
    if (error instanceof z.ZodError)
      throw new CyborgError('image.unavailable', `Glance answered about ${what} what nobody understands`, {
        cause: error,
      });
    throw error;
  }
}

function translated(what: string, error: OpenStackError): CyborgError {
  const cause = error;
  if (error.status === 404)
    return new CyborgError('image.not_found', `Glance does not have ${what}`, { cause });
  if (error.status === 403)
    return new CyborgError('image.unusable', `Glance does not give out ${what}: ${error.detail}`, { cause });
  return new CyborgError('image.unavailable', `Glance cannot be asked for ${what}: ${error.message}`, {
    cause,
  });
}
