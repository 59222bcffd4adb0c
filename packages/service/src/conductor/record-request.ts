import type { NewAuditRecord } from '../store/audit.ts';
import type { Store } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';

/**
 * A store that keeps, with the first that is changed by it, who asked for that: both are kept or neither. `onStored` is
 * called after that commit.
 */
export function recordingStore(store: Store, record: NewAuditRecord, onStored: () => void): Store {
  let isStored = false;
  return {
    ...store,
    async transaction(work) {
      if (isStored) return store.transaction(work);
      const result = await store.transaction(async (transaction) => {
        const done = await work(transaction);
        await transaction.audit.add(record);
        return done;
      });
      isStored = true;
      onStored();
      return result;
    },
  };
}

/** Stores how a request ended, whether something of it is stored or not. */
export function recordRequest(record: NewAuditRecord, { store }: ConductorContext): Promise<void> {
  return store.transaction(({ audit }) => audit.put(record));
}
