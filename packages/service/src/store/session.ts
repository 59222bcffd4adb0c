import type { Uuid } from '@cyborgjs/core';
import type { Kysely, Transaction } from 'kysely';
import type { StoreTarget } from './store-init.ts';
import type { Tables } from './tables.ts';

/** What a part of the store works with: the database, or one transaction of it. */
export interface Session {
  readonly db: Kysely<Tables>;
  readonly kind: StoreTarget['kind'];
  readonly now: () => number;
  readonly newId: () => Uuid;
}

/** What the writing parts demand. */
export interface TransactionSession extends Session {
  readonly db: Transaction<Tables>;
}
