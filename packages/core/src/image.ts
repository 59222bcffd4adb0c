import { z } from 'zod';

/** Hexadecimal digits by the name of the hash, as Python's `hashlib` and Glance name them. */
const digestLengths = { md5: 32, sha256: 64, sha384: 96, sha512: 128 } as const;
const forms = Object.entries(digestLengths).map(([name, length]) => `${name}:[0-9a-f]{${length}}`);

/** What the bytes of an image hash to: the name of the hash, a colon, lower-case hexadecimal digits. */
export const ImageDigest = z
  .string()
  .regex(new RegExp(`^(${forms.join('|')})$`), 'must be a digest such as sha256:9f86d0…, in lower case');
export type ImageDigest = z.output<typeof ImageDigest>;

/** An image for a programmable device: what an agent needs to know before it fetches the bytes. */
export const Image = z.object({
  /** Id of its image in Glance, or of the upload, or its address: for people and for `bitstream_id`. */
  id: z.string().max(2048),
  /** Bytes. */
  size: z.int().positive(),
  digest: ImageDigest,
});
export type Image = z.output<typeof Image>;
