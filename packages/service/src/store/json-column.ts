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

const TextMap = z.record(z.string(), z.string());

/** The same for a map of texts; looked at by hand first, since lists have thousands of them. */
export function parseTextMap(text: string, column: string): Record<string, string> {
  const value = parseJson(text);
  return isTextMap(value) ? value : parseColumn(TextMap, text, column);
}

function isTextMap(value: unknown): value is Record<string, string> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  for (const name in value) if (typeof (value as Record<string, unknown>)[name] !== 'string') return false;
  return true;
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
