import type { z } from 'zod';

/**
 * A kind of record: its name, and the schema of its members. A later version may add members at the top of a record
 * and nothing else, so that each version reads what the other wrote; what changes in another way is a new kind.
 */
export interface RecordKind<Schema extends z.ZodObject> {
  /** Also the name of a directory: letters, digits, `.` and `-`. */
  readonly name: string;
  readonly schema: Schema;
}

/**
 * Small records that survive a kill at any moment, each by itself: a spoilt one costs only itself. There are two
 * implementations, files and memory.
 */
export interface RecordStore {
  /** Undefined when there is none, and when it is there but cannot be used: `has` tells these apart. */
  read<Schema extends z.ZodObject>(
    kind: RecordKind<Schema>,
    key: string,
  ): Promise<z.output<Schema> | undefined>;
  /** Every record of a kind that can be used, by key; a key that is too long for a file name comes shortened. */
  readAll<Schema extends z.ZodObject>(kind: RecordKind<Schema>): Promise<Map<string, z.output<Schema>>>;
  /** Members that the kind's schema does not know stay as a later version wrote them. */
  write<Schema extends z.ZodObject>(
    kind: RecordKind<Schema>,
    key: string,
    value: z.output<Schema>,
  ): Promise<void>;
  /** Also of what cannot be used; what was spoilt stays aside for whoever wants to look into it. */
  remove(kind: Pick<RecordKind<z.ZodObject>, 'name'>, key: string): Promise<void>;
  /** Whether there is a record, be it one that cannot be used: spoilt and set aside, or of a later version. */
  has(kind: Pick<RecordKind<z.ZodObject>, 'name'>, key: string): Promise<boolean>;
  /** Keys of those that cannot be used. */
  unreadable<Schema extends z.ZodObject>(kind: RecordKind<Schema>): Promise<readonly string[]>;
}

/** What an older version writes over what a newer one wrote: its own members, and those that it does not know. */
export function keepUnknown(
  { schema }: RecordKind<z.ZodObject>,
  value: Readonly<Record<string, unknown>>,
  before: unknown,
): Record<string, unknown> {
  if (typeof before !== 'object' || before === null) return { ...value };
  const unknown = Object.entries(before).filter(([member]) => !(member in schema.shape));
  return { ...Object.fromEntries(unknown), ...value };
}
