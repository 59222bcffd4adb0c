import { composeSession } from './compose-session.ts';
import { createNova, type Nova } from './conductor/nova.ts';
import type { Config } from './config-schema.ts';

/** The client of Nova that the configuration describes; null where there is none to be told. */
export function composeNova({ nova }: Config): Nova | null {
  return nova?.enabled ? createNova(composeSession(nova, 'compute')) : null;
}
