import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { z } from 'zod';

/** What the record store tells about a record that it could not read; the record is moved aside, never deleted. */
export interface SpoiltRecord {
  readonly file: string;
  readonly reason: string;
}

/**
 * Small records on disk, one file each, that survive a kill at any moment: written to a temporary file, synced
 * and renamed. Each carries the SHA-256 of its own bytes, so that one spoilt record costs only itself, and a
 * later version may add members without breaking an earlier one.
 */
export interface RecordStore {
  read<Value>(kind: string, key: string, schema: z.ZodType<Value>): Promise<Value | undefined>;
  /** Every readable record of a kind, by key. */
  readAll<Value>(kind: string, schema: z.ZodType<Value>): Promise<Map<string, Value>>;
  write(kind: string, key: string, value: unknown): Promise<void>;
  remove(kind: string, key: string): Promise<void>;
}

interface RecordStoreInit {
  readonly onSpoilt?: (record: SpoiltRecord) => void;
  /** Called around each write; tests end the process here. */
  readonly onWrite?: (phase: 'before' | 'after') => void;
}

/** Opens the records under a directory, which is made when it is absent. */
export function createRecordStore(directory: string, init: RecordStoreInit = {}): RecordStore {
  const fileOf = (kind: string, key: string) => join(directory, kind, `${encodeURIComponent(key)}.record`);

  async function readFrom<Value>(file: string, schema: z.ZodType<Value>): Promise<Value | undefined> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const opened = openRecord(text, schema);
    if ('value' in opened) return opened.value;
    await rename(file, `${file}.spoilt`);
    init.onSpoilt?.({ file, reason: opened.reason });
    return undefined;
  }

  return {
    read: (kind, key, schema) => readFrom(fileOf(kind, key), schema),
    async readAll(kind, schema) {
      const names = await readdir(join(directory, kind)).catch(() => []);
      const found = new Map<string, z.output<typeof schema>>();
      for (const name of names.filter((entry) => entry.endsWith('.record')).sort()) {
        const value = await readFrom(join(directory, kind, name), schema);
        if (value !== undefined) found.set(decodeURIComponent(name.slice(0, -'.record'.length)), value);
      }
      return found;
    },
    async write(kind, key, value) {
      init.onWrite?.('before');
      await mkdir(join(directory, kind), { recursive: true, mode: 0o700 });
      await writeFileAtomic(fileOf(kind, key), sealRecord(value), { mode: 0o600 });
      init.onWrite?.('after');
    },
    async remove(kind, key) {
      await rm(fileOf(kind, key), { force: true });
    },
  };
}

function sealRecord(value: unknown): string {
  const body = JSON.stringify(value);
  return `cyborg-record 1 sha256:${sha256(body)}\n${body}\n`;
}

function openRecord<Value>(text: string, schema: z.ZodType<Value>): { value: Value } | { reason: string } {
  const [header = '', body = ''] = text.split('\n', 2);
  const checksum = /^cyborg-record \d+ sha256:([0-9a-f]{64})$/.exec(header)?.[1];
  if (checksum === undefined) return { reason: 'its first line is no record header' };
  if (checksum !== sha256(body)) return { reason: 'its checksum does not match' };
  const parsed = schema.safeParse(JSON.parse(body));
  return parsed.success ? { value: parsed.data } : { reason: parsed.error.message };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
