import type { DriverStore, StoredValue } from '../driver-store.ts';
import type { Peer } from './peer.ts';
import type { StoreReadAnswer } from './protocol.ts';

/** The store as a driver's process has it: on the other side of the wire. */
export function wireStore(peer: Peer): DriverStore {
  return {
    async get(key) {
      const { found, value } = (await peer.request('storeRead', { key }).answer) as StoreReadAnswer;
      return found ? (value as StoredValue) : undefined;
    },
    async set(key, value, { until } = {}) {
      await peer.request('storeWrite', { key, entry: { value, untilReboot: until === 'reboot' } }).answer;
    },
    async delete(key) {
      await peer.request('storeWrite', { key, entry: null }).answer;
    },
  };
}

/** The same store, whose changes are seen by whoever holds this, and by nobody else. */
export function rehearsedStore(store: DriverStore): DriverStore {
  const changes = new Map<string, StoredValue | undefined>();
  return {
    get: async (key) => (changes.has(key) ? changes.get(key) : store.get(key)),
    set: async (key, value) => void changes.set(key, structuredClone(value)),
    delete: async (key) => void changes.set(key, undefined),
  };
}
