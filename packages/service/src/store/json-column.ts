import { CyborgError } from '@cyborgjs/core';
import { z } from 'zod';

/** Reads a JSON text that we wrote; throws `internal.unexpected` naming the column when it is not what it should be. */
export function parseColumn<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  column: string,
): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new CyborgError(
    'internal.unexpected',
    `${column} holds what it must not: ${z.prettifyError(parsed.error)}`,
  );
}

/** Milliseconds since the epoch as an ISO text. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same for a time that may not have come. */
export function isoTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
