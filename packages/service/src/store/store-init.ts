import type { Uuid } from '@cyborgjs/core';
import type { Logger } from 'pino';

/** Which database to keep everything in. */
export type StoreTarget =
  | { readonly kind: 'sqlite' /** Path of the file, or `:memory:`. */; readonly file: string }
  | { readonly kind: 'mysql' /** `mysql://user:password@host:3306/database` */; readonly url: string }
  | {
      readonly kind: 'postgresql' /** `postgresql://user:password@host:5432/database` */;
      readonly url: string;
    };

/** What a store needs from outside. */
export interface StoreInit {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => Uuid;
  readonly log: Logger;
  /** Called with each statement that is sent to the database, transactions aside; tests count them. */
  readonly onStatement?: ((sql: string) => void) | undefined;
  /** Called around each commit; tests end the process here. */
  readonly onCommit?: ((phase: 'before' | 'after') => Promise<void>) | undefined;
}
