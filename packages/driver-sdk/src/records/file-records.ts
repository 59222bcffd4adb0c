import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { z } from 'zod';
import { fileNameOf, keyOf, type OpenedRecord, openRecord, sealRecord } from './record-file.ts';
import { keepUnknown, type RecordKind, type RecordStore } from './record-store.ts';

/** A record that cannot be used: moved aside when its bytes are spoilt, left where it is when they are not. */
export interface UnusableRecord {
  readonly file: string;
  readonly reason: string;
}

interface FileRecordsInit {
  /** Told once of each. */
  readonly onUnusable?: (record: UnusableRecord) => void;
  /** Called around each change, with the name of its kind; tests end the process here. */
  readonly onChange?: (phase: 'before' | 'after', kind: string) => void;
}

/**
 * Records as files under a directory, `<kind>/<key>.record`, which are written to a temporary file, synced and
 * renamed. The directory is made when it is absent.
 */
export function createFileRecords(directory: string, init: FileRecordsInit = {}): RecordStore {
  const fileOf = (kind: string, key: string): string => join(directory, kind, fileNameOf(key));
  const { open, each } = createReader(directory, init);
  return {
    async read({ name, schema }, key) {
      const opened = await open(fileOf(name, key), schema);
      return opened?.is === 'good' ? opened.value : undefined;
    },
    async readAll<Schema extends z.ZodObject>(kind: RecordKind<Schema>) {
      const found = new Map<string, z.output<Schema>>();
      for await (const { key, opened } of each(kind)) if (opened.is === 'good') found.set(key, opened.value);
      return found;
    },
    async write(kind, key, value) {
      const file = fileOf(kind.name, key);
      const before = await open(file, kind.schema);
      const members = before === undefined || before.is === 'spoilt' ? undefined : before.members;
      init.onChange?.('before', kind.name);
      await mkdir(join(directory, kind.name), { recursive: true, mode: 0o700 });
      await writeFileAtomic(file, sealRecord(keepUnknown(kind, value, members)), { mode: 0o600 });
      init.onChange?.('after', kind.name);
    },
    async remove({ name }, key) {
      const file = fileOf(name, key);
      init.onChange?.('before', name);
      await rename(`${file}.spoilt`, `${file}.closed`).catch(unlessAbsent);
      await rm(file, { force: true });
      init.onChange?.('after', name);
    },
    async has({ name }, key) {
      const file = fileOf(name, key);
      return (await isThere(file)) || (await isThere(`${file}.spoilt`));
    },
    async unreadable(kind) {
      const keys = new Set<string>();
      const good = new Set<string>();
      for await (const { key, opened } of each(kind)) (opened.is === 'good' ? good : keys).add(key);
      for (const file of await namesIn(join(directory, kind.name))) {
        const key = keyOf(file, '.record.spoilt');
        if (key !== undefined && !good.has(key)) keys.add(key);
      }
      return [...keys].sort();
    },
  };
}

/** Reads records; what cannot be used is told, and set aside when it is spoilt. */
function createReader(directory: string, { onUnusable }: FileRecordsInit) {
  const told = new Set<string>();

  async function open<Schema extends z.ZodObject>(
    file: string,
    schema: Schema,
  ): Promise<OpenedRecord<z.output<Schema>> | undefined> {
    const text = await readIfThere(file);
    if (text === undefined) return undefined;
    const opened = openRecord(text, schema);
    if (opened.is === 'good') return opened;
    if (opened.is === 'spoilt') await rename(file, `${file}.spoilt`);
    if (!told.has(file)) onUnusable?.({ file, reason: opened.reason });
    told.add(file);
    return opened;
  }

  async function* each<Schema extends z.ZodObject>({ name, schema }: RecordKind<Schema>) {
    for (const file of (await namesIn(join(directory, name))).sort()) {
      const key = keyOf(file);
      const opened = key === undefined ? undefined : await open(join(directory, name, file), schema);
      if (key !== undefined && opened !== undefined) yield { key, opened };
    }
  }

  return { open, each };
}

async function readIfThere(file: string): Promise<string | undefined> {
  return (await readFile(file, 'utf8').catch(unlessAbsent)) ?? undefined;
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

async function namesIn(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(unlessAbsent)) ?? [];
}

function unlessAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
