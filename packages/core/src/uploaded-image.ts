import { z } from 'zod';
import { Uuid } from './uuid.ts';

/** An image that an operator uploads, to program devices with; it is forgotten when nothing has used it for long. */
export const UploadedImage = z.object({
  id: Uuid,
  /** `uploading`: bytes are missing. `complete`: all are there, and hash to what was announced. */
  state: z.enum(['uploading', 'complete']),
  /** Bytes, as announced. */
  size: z.int().positive(),
  /** Bytes that are there, from the beginning on: where an upload that was cut off goes on. */
  received: z.int().nonnegative(),
  /** Lower-case hexadecimal, as announced. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256, 64 lower-case hexadecimal digits'),
  requestedBy: z.string(),
  createdAt: z.iso.datetime(),
});
export type UploadedImage = z.output<typeof UploadedImage>;
