import type { Page, UploadedImage, Uuid } from '@cyborgjs/core';
import type { ListQuery } from './list-query.ts';

/** An uploaded image with what only the conductor needs. */
export interface StoredImage extends UploadedImage {
  readonly number: number;
}

/** What can be asked about uploaded images. */
export interface ImageReads {
  /** By number, ascending; the marker is an id. */
  list(query?: ListQuery): Promise<Page<StoredImage>>;
  find(id: string): Promise<StoredImage | undefined>;
  /** Throws `image.not_found`. */
  get(id: string): Promise<StoredImage>;
  /** The piece that holds a byte, and where it begins; undefined where there is none. */
  pieceAt(
    id: string,
    offset: number,
  ): Promise<{ readonly start: number; readonly bytes: Uint8Array } | undefined>;
  /** Bytes that all of them have, or are to have. */
  totalSize(): Promise<number>;
  /** Ids of images of which nothing was heard since a time: those being uploaded, or the others. */
  idleSince(before: number, state: StoredImage['state']): Promise<readonly Uuid[]>;
}

/** What a transaction can do to uploaded images. */
export interface ImageWrites {
  insert(image: Pick<StoredImage, 'id' | 'size' | 'sha256' | 'requestedBy'>): Promise<void>;
  /** Adds bytes behind those that are there; false when these do not end at the offset. */
  append(id: Uuid, offset: number, bytes: Uint8Array): Promise<boolean>;
  complete(id: Uuid): Promise<void>;
  /** Notes that it is in use. */
  touch(id: Uuid): Promise<void>;
  remove(ids: readonly Uuid[]): Promise<void>;
}
