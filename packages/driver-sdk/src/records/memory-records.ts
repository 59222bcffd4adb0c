import type { z } from 'zod';
import { keepUnknown, type RecordKind, type RecordStore } from './record-store.ts';

/** Records that live as long as their process: for tests, and for hosts that are not to remember anything. */
export function createMemoryRecords(): RecordStore {
  const texts = new Map<string, string>();
  const nameOf = ({ name }: Pick<RecordKind<z.ZodObject>, 'name'>, key: string): string => `${name}/${key}`;

  function open<Schema extends z.ZodObject>(
    { schema }: RecordKind<Schema>,
    text: string | undefined,
  ): z.output<Schema> | undefined {
    return text === undefined ? undefined : schema.safeParse(JSON.parse(text)).data;
  }
  function textsOf({ name }: RecordKind<z.ZodObject>): [string, string][] {
    return [...texts].flatMap(([path, text]) =>
      path.startsWith(`${name}/`) ? [[path.slice(name.length + 1), text]] : [],
    );
  }

  return {
    read: async (kind, key) => open(kind, texts.get(nameOf(kind, key))),
    async readAll<Schema extends z.ZodObject>(kind: RecordKind<Schema>) {
      const found = new Map<string, z.output<Schema>>();
      for (const [key, text] of textsOf(kind)) {
        const value = open(kind, text);
        if (value !== undefined) found.set(key, value);
      }
      return found;
    },
    async write(kind, key, value) {
      const before = texts.get(nameOf(kind, key));
      const kept = keepUnknown(kind, value, before === undefined ? undefined : JSON.parse(before));
      texts.set(nameOf(kind, key), JSON.stringify(kept));
    },
    async remove(kind, key) {
      texts.delete(nameOf(kind, key));
    },
    has: async (kind, key) => texts.has(nameOf(kind, key)),
    unreadable: async (kind) =>
      textsOf(kind).flatMap(([key, text]) => (open(kind, text) === undefined ? [key] : [])),
  };
}
