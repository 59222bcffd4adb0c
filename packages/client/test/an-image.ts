import { UploadedImage } from '@cyborgjs/core';
import type { z } from 'zod';

/** An image of eight bytes that are all there; what is given replaces what is usual. */
export function anImage(facts: Partial<z.input<typeof UploadedImage>> = {}): UploadedImage {
  return UploadedImage.parse({
    id: 'eeee0000-0000-4000-8000-000000000001',
    state: 'complete',
    size: 8,
    received: 8,
    sha256: 'ab'.repeat(32),
    requestedBy: 'operator',
    createdAt: '2025-11-22T09:57:00Z',
    ...facts,
  } satisfies z.input<typeof UploadedImage>);
}
