import { CyborgError, normaliseUuid, type Uuid } from '@cyborgjs/core';
import { pythonText } from './python-json.ts';

/** Query arguments by name; of one given more than once the last counts. */
export type Arguments = Readonly<Record<string, string | undefined>>;

/** Reads a query, and refuses it in Cyborg's words when it has an argument that is not among the known ones. */
export function readArguments(query: unknown, known: readonly string[]): Arguments {
  const given = Object.entries(query as Record<string, string | string[]>);
  const unknown = given.map(([name]) => name).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw invalid(`Unknown argument: "${unknown.join(', ')}"`);
  return Object.fromEntries(
    given.map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]),
  );
}

/** Refuses what should be a uuid and is none, in a path or in an argument of that name; `normaliseUuid` otherwise. */
export function readUuid(text: string, name = 'uuid'): Uuid {
  const uuid = normaliseUuid(text);
  if (uuid !== undefined) return uuid;
  throw invalidInput(name, text, `unable to convert to uuid. Error: Expected a uuid but received ${text}.`);
}

/** Refuses an integer argument that is none. */
export function readInteger(name: string, text: string): number {
  if (/^\s*[+-]?\d{1,15}\s*$/.test(text)) return Number(text);
  throw invalidInput(
    name,
    text,
    `unable to convert to integer. Error: invalid literal for int() with base 10: '${text}'`,
  );
}

/** A `request.invalid` in the form in which Cyborg's framework (WSME) names a wrong argument. */
export function invalidInput(field: string, value: unknown, text: string): CyborgError {
  return invalid(`Invalid input for field/attribute ${field}. Value: '${pythonText(value)}'. ${text}`);
}

export function invalid(message: string): CyborgError {
  return new CyborgError('request.invalid', message);
}

/** What Cyborg takes for a fault of its own, as its tests demand: see `httpStatus`. */
export const faultUpstream = { upstreamStatus: 500 };
