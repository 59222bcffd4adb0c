import { z } from 'zod';
import { DriverError } from '../driver-error.ts';
import type { DriverStore, StoredValue } from '../driver-store.ts';
import type { RecordKind, RecordStore } from '../records/record-store.ts';

interface DriverRecordsInit {
  readonly driver: string;
  readonly records: RecordStore;
  readonly bootId: string;
}

const maxValueBytes = 64 * 1024;
const maxKeys = 256;
const keyPattern = /^[\w.:/-]{1,128}$/;

const StoredEntry = z.object({
  value: z.json(),
  /** The only boot in which it holds; null for one that holds for ever. */
  bootId: z.string().nullable(),
});

/** The store of one driver over the records of its host. */
export function createDriverRecords({ driver, records, bootId }: DriverRecordsInit): DriverStore {
  const kind: RecordKind<typeof StoredEntry> = { name: `store.${driver}`, schema: StoredEntry };

  async function requireRoom(key: string): Promise<void> {
    if (await records.has(kind, key)) return;
    const kept = await records.readAll(kind);
    if (kept.size < maxKeys) return;
    const stale = [...kept].filter(([, entry]) => entry.bootId !== null && entry.bootId !== bootId);
    for (const [name] of stale) await records.remove(kind, name);
    if (stale.length === 0)
      throw new DriverError('invalid', `the store of ${driver} is full: it keeps ${maxKeys} keys`, {
        hint: 'Delete what is not needed, or keep several facts under one key.',
      });
  }

  return {
    async get(key) {
      const entry = await records.read(kind, checkedKey(key));
      return entry === undefined || (entry.bootId ?? bootId) !== bootId ? undefined : entry.value;
    },
    async set(key, value, { until } = {}) {
      requireSize(checkedKey(key), value);
      await requireRoom(key);
      await records.write(kind, key, {
        value: value as z.output<typeof StoredEntry>['value'],
        bootId: until === 'reboot' ? bootId : null,
      });
    },
    delete: async (key) => records.remove(kind, checkedKey(key)),
  };
}

function checkedKey(key: string): string {
  if (keyPattern.test(key)) return key;
  throw new DriverError('invalid', `${JSON.stringify(key).slice(0, 200)} is no key of a driver's store`, {
    hint: 'A key is 1 to 128 of the characters A-Z a-z 0-9 . _ : / -',
  });
}

function requireSize(key: string, value: StoredValue): void {
  const size = Buffer.byteLength(JSON.stringify(value));
  if (size > maxValueBytes)
    throw new DriverError('invalid', `${size} bytes of JSON for ${key}; the store takes ${maxValueBytes}`);
}
