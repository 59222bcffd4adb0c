import type { Uuid } from '@cyborgjs/core';

/** One `/v2` attribute of a deployable: `rc` is its resource class, `trait<n>` its traits. */
export interface StoredAttribute {
  readonly number: number;
  readonly id: Uuid;
  readonly deployableId: Uuid;
  /** Number of its deployable, as `/v2` shows it. */
  readonly deployableNumber: number;
  readonly key: string;
  readonly value: string;
  readonly createdAt: string;
  readonly updatedAt: string | null;
}

export interface AttributeQuery {
  /** Number of a deployable. */
  readonly deployableNumber?: number | undefined;
  readonly key?: string | undefined;
}

/** What can be asked about attributes. */
export interface AttributeReads {
  /** By number, ascending. */
  list(query?: AttributeQuery): Promise<readonly StoredAttribute[]>;
  find(id: string): Promise<StoredAttribute | undefined>;
  /** Throws `attribute.not_found`. */
  get(id: string): Promise<StoredAttribute>;
}

/** What a transaction can do to attributes. */
export interface AttributeWrites {
  insert(
    attributes: readonly Pick<StoredAttribute, 'id' | 'deployableId' | 'key' | 'value'>[],
  ): Promise<void>;
  update(id: Uuid, value: string): Promise<void>;
  remove(ids: readonly Uuid[]): Promise<void>;
}
