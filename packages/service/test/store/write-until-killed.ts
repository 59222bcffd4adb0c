import { createStore } from '../../src/store/create-store.ts';
import { newId, silentLog } from '../test-store.ts';

/** Stores one host after another, telling of each that was stored, until it is killed. */
const store = await createStore(
  { kind: 'sqlite', file: process.argv[2] ?? '' },
  { now: Date.now, newId, log: silentLog },
);
for (let stored = 1; ; stored += 1) {
  await store.transaction(({ hosts }) => hosts.ensure(`host-${stored}`));
  await new Promise((resolve) => process.send?.({ stored }, resolve));
}
