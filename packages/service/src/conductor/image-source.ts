import { isDeepStrictEqual } from 'node:util';
import { type DeviceProfileGroup, ImageDigest, normaliseUuid, Uuid } from '@cyborgjs/core';
import { z } from 'zod';

/** Where the image comes from that an operation programs; kept with the operation, and not for the agent. */
export const ImageSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('glance'), id: Uuid }),
  /** The one image in Glance with this function (`accel:function_id`). */
  z.object({ kind: z.literal('function'), functionId: z.string().min(1).max(255) }),
  z.object({ kind: z.literal('upload'), id: Uuid }),
  z.object({ kind: z.literal('url'), url: z.url({ protocol: /^https$/ }), digest: ImageDigest }),
]);
export type ImageSource = z.output<typeof ImageSource>;

/** Whether two sources are one. */
export function isSameSource(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one, other);
}

/** What a request group wants its accelerator programmed with: an image, nothing, or why that cannot be made out. */
export type ImageWish =
  | ImageSource
  | { readonly kind: 'none' }
  | { readonly kind: 'nonsense'; readonly why: string };

/** The image that a group of a device profile names, by `accel:bitstream_id` or by `accel:function_id`. */
export function imageWish(group: DeviceProfileGroup | undefined): ImageWish {
  const bitstream = group?.['accel:bitstream_id'] ?? null;
  const functionId = group?.['accel:function_id'] ?? null;
  if (bitstream !== null && functionId !== null)
    return nonsense('only one of accel:bitstream_id and accel:function_id can be set, and both are');
  if (functionId !== null)
    return functionId.trim() === ''
      ? nonsense('accel:function_id is empty')
      : { kind: 'function', functionId: functionId.trim() };
  if (bitstream === null) return { kind: 'none' };
  const id = normaliseUuid(bitstream);
  return id === undefined
    ? nonsense(`accel:bitstream_id ${JSON.stringify(bitstream)} is no uuid of an image`)
    : { kind: 'glance', id };
}

const nonsense = (why: string) => ({ kind: 'nonsense', why }) as const;

/** An id of a function as it stands in traits and versions: upper case, no dashes. */
export const plainFunctionId = (id: string): string => id.replaceAll('-', '').toUpperCase();
