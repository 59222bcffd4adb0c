import { z } from 'zod';
import { DriverError } from '../driver-error.ts';
import type { DriverStore, StoredValue } from '../driver-store.ts';
import type { RecordKind, RecordStore } from '../records/record-store.ts';
import { toldRecords } from './told-records.ts';

interface DriverRecordsInit {
  readonly driver: string;
  readonly records: RecordStore;
  readonly bootId: string;
}

const maxValueBytes = 64 * 1024;
const maxKeys = 256;
const keyPattern = /^[\w.:/-]{1,64}$/;

const StoredEntry = z.object({
  value: z.json(),
  /** The only boot in which it holds; null for one that holds for ever. */
  bootId: z.string().nullable(),
});

/** The store of one driver over the records of its host. */
export function createDriverRecords({ driver, bootId, ...init }: DriverRecordsInit): DriverStore {
  const records = toldRecords(init.records);
  const kind: RecordKind<typeof StoredEntry> = { name: `store.${driver}`, schema: StoredEntry };

  // Nobody else writes these, so they are counted once.
  let keys: Promise<Set<string>> | undefined;
  const knownKeys = (): Promise<Set<string>> => {
    keys ??= records.readAll(kind).then((kept) => new Set(kept.keys()));
    return keys;
  };

  async function requireRoom(key: string): Promise<void> {
    const known = await knownKeys();
    if (known.has(key) || known.size < maxKeys) return;
    for (const [name, entry] of await records.readAll(kind))
      if (entry.bootId !== null && entry.bootId !== bootId) await forget(name);
    if (known.size >= maxKeys)
      throw new DriverError('invalid', `the store of ${driver} is full: it keeps ${maxKeys} keys`, {
        hint: 'Delete what is not needed, or keep several facts under one key.',
      });
  }

  async function forget(key: string): Promise<void> {
    await records.remove(kind, key);
    (await knownKeys()).delete(key);
  }

  return {
    async get(key) {
      const entry = await records.read(kind, checkedKey(key));
      return entry === undefined || (entry.bootId ?? bootId) !== bootId ? undefined : entry.value;
    },
    async set(key, value, { until } = {}) {
      requireSize(checkedKey(key), value);
      await requireRoom(key);
      (await knownKeys()).add(key);
      await records.write(kind, key, {
        value: value as z.output<typeof StoredEntry>['value'],
        bootId: until === 'reboot' ? bootId : null,
      });
    },
    delete: async (key) => forget(checkedKey(key)),
  };
}

function checkedKey(key: string): string {
  if (keyPattern.test(key)) return key;
  throw new DriverError('invalid', `${JSON.stringify(key).slice(0, 200)} is no key of a driver's store`, {
    hint: 'A key is 1 to 64 of the characters A-Z a-z 0-9 . _ : / -',
  });
}

function requireSize(key: string, value: StoredValue): void {
  const size = Buffer.byteLength(JSON.stringify(value));
  if (size > maxValueBytes)
    throw new DriverError('invalid', `${size} bytes of JSON for ${key}; the store takes ${maxValueBytes}`);
}
