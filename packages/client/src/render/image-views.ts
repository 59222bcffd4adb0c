import type { UploadedImage } from '@cyborgjs/core';
import { humanTime } from './human-time.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import { toneOf } from './tones.ts';
import type { Style, View } from './view.ts';

/** Uploaded images as a table. */
export function imageListView(images: readonly UploadedImage[]): View {
  return {
    json: images,
    names: images.map(({ id }) => id),
    text: (style) => (images.length === 0 ? '' : imageTable(images, style)),
    notes: images.length === 0 ? ['No image is uploaded.'] : [],
  };
}

/** Images that were thrown away. */
export function deletedImagesView(images: readonly UploadedImage[]): View {
  return {
    json: images,
    names: images.map(({ id }) => id),
    text: () => images.map(({ id }) => `image ${id}: deleted`).join('\n'),
  };
}

function imageTable(images: readonly UploadedImage[], { paint, now, width }: Style): string {
  return renderTable<UploadedImage>({
    width,
    rows: images,
    columns: [
      { title: 'ID', cell: ({ id }) => id, narrow: 'id' },
      { title: 'STATE', cell: ({ state }) => paint(toneOf(state), state) },
      { title: 'BYTES', cell: ({ size }) => String(size) },
      { title: 'THERE', cell: ({ received, size }) => `${Math.floor((100 * received) / size)} %` },
      { title: 'SHA-256', cell: ({ sha256 }) => sha256, narrow: 'shorten' },
      { title: 'ASKED', cell: ({ createdAt }) => humanTime(createdAt, now) },
      { title: 'BY', cell: ({ requestedBy }) => printable(requestedBy), narrow: 'drop' },
    ],
  });
}
