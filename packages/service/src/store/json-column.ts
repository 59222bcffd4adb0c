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

const mostRemembered = 4_096;

/** Reads each text once, of many that are the same: what it gives is shared, and must never change. */
export function remembering<Words extends readonly unknown[], Value extends object>(
  read: (text: string, ...words: Words) => Value,
): (text: string, ...words: Words) => Value {
  const known = new Map<string, Value>();
  return (text, ...words) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const value = read(text, ...words);
    if (known.size >= mostRemembered) known.clear();
    known.set(text, value);
    return value;
  };
}

/**
 * Reads a map of texts: cards of one model have the same facts, hosts of one kind the same addresses. Looked at by
 * hand first, as lists have thousands.
 */
export const parseTextMap = remembering((text, column: string): Readonly<Record<string, string>> => {
  const value = parseJson(text);
  return Object.freeze(isTextMap(value) ? value : parseColumn(TextMap, text, column));
});

function isTextMap(value: unknown): value is Record<string, string> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  for (const name in value) if (typeof (value as Record<string, unknown>)[name] !== 'string') return false;
  return true;
}

/** Milliseconds since the epoch as an ISO text. */
export function isoTime(ms: number): string {
  const day = Math.floor(ms / dayMs);
  if (day !== latest.day) latest = { day, date: new Date(ms).toISOString().slice(0, 10) };
  const rest = ms - day * dayMs;
  const hour = two[Math.floor(rest / 3_600_000)];
  const minute = two[Math.floor(rest / 60_000) % 60];
  const second = two[Math.floor(rest / 1_000) % 60];
  return `${latest.date}T${hour}:${minute}:${second}.${String(rest % 1_000).padStart(3, '0')}Z`;
}

/** Of all that is listed most has happened on the same day as what came before it. */
let latest = { day: Number.NaN, date: '' };
const dayMs = 86_400_000;
const two = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

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
