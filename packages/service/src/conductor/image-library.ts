import { CyborgError, type Image } from '@cyborgjs/core';
import type { Store } from '../store/store.ts';
import type { Glance } from './glance.ts';
import type { ImageSource } from './image-source.ts';
import { describeUpload, readUpload } from './upload-image.ts';
import { describeUrl, readUrl } from './url-image.ts';

/** The places that images come from. All throw `image.not_found`, `image.unusable` or `image.unavailable`. */
export interface ImageLibrary {
  /** What the image is now; its size is within the limit. */
  describe(source: ImageSource, signal: AbortSignal): Promise<Image>;
  /** Its bytes from an offset on. */
  read(wanted: WantedStretch, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** Bytes of an image from an offset on. */
export interface WantedStretch {
  readonly source: ImageSource;
  readonly image: Image;
  readonly offset: number;
}

interface ImageLibraryInit {
  readonly store: Store;
  /** Null where there is no Glance. */
  readonly glance: Glance | null;
  readonly limitBytes: number;
}

/** The library of one service. */
export function createImageLibrary({ store, glance, limitBytes }: ImageLibraryInit): ImageLibrary {
  function ofGlance(): Glance {
    if (glance !== null) return glance;
    throw new CyborgError(
      'image.unavailable',
      'there is no Glance to take images from: set glance in the configuration',
    );
  }

  async function find(source: ImageSource, signal: AbortSignal): Promise<Image> {
    switch (source.kind) {
      case 'glance':
        return ofGlance().describe(source.id, signal);
      case 'function':
        return ofGlance().findFunction(source.functionId, signal);
      case 'upload':
        return describeUpload(store, source.id);
      case 'url':
        return describeUrl(source, signal);
    }
  }

  return {
    async describe(source, signal) {
      const image = await find(source, signal);
      if (image.size <= limitBytes) return image;
      throw new CyborgError(
        'image.unusable',
        `image ${image.id} has ${image.size} bytes, and conductor.imageLimitBytes allows ${limitBytes}`,
      );
    },
    async read({ source, image, offset }, signal) {
      if (source.kind === 'upload') return readUpload(store, source.id, offset);
      if (source.kind === 'url') return readUrl(source, offset, signal);
      return ofGlance().read(image.id, offset, signal);
    },
  };
}
