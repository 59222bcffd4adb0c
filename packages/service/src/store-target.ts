import { join } from 'node:path';
import type { Config } from './config-schema.ts';
import type { StoreTarget } from './store/store-init.ts';

/** Which database the configuration names. */
export function storeTarget(config: Config): StoreTarget {
  const { store } = config;
  return store.kind === 'sqlite'
    ? { kind: 'sqlite', file: store.file ?? join(config.stateDir, 'cyborg.sqlite') }
    : store;
}
