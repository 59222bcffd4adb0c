import { createHmac } from 'node:crypto';
import type { RecordedInvoke, RecordedPath, RecordedRun, Recording } from './recording.ts';

interface ScrubOptions {
  /** What must not stay, lower case, longest first. */
  readonly secrets: readonly string[];
  /** Makes the replacements; without it nobody can tell which replaced what. */
  readonly salt: string;
}

/**
 * A recording in which each secret is replaced, everywhere by the same word of the same shape: digits by digits,
 * hexadecimal letters by such, letters by letters of the same case. Binary files keep their length.
 */
export function scrubRecording(recording: Recording, { secrets, salt }: ScrubOptions): Recording {
  if (secrets.length === 0) return recording;
  const words = createScrubber(secrets, salt);
  return {
    ...recording,
    devices: recording.devices.map(words.text),
    paths: Object.fromEntries(
      Object.entries(recording.paths).map(([path, known]) => [words.text(path), scrubPath(known, words)]),
    ),
    runs: recording.runs.map((run) => scrubRun(run, words.text)),
    ...(recording.invokes === undefined
      ? {}
      : { invokes: recording.invokes.map((invoke) => scrubJson(invoke, words.text) as RecordedInvoke) }),
  };
}

interface Scrubber {
  readonly text: (text: string) => string;
  /** Of binary content in base64. */
  readonly bytes: (base64: string) => string;
}

function createScrubber(secrets: readonly string[], salt: string): Scrubber {
  const pattern = new RegExp(secrets.map(patternOf).join('|'), 'gi');
  const text = (plain: string): string =>
    plain.replace(pattern, (match) => inCaseOf(match, madeUp(match.toLowerCase(), salt)));
  const numbers = secrets.filter((secret) => /^[0-9a-f]{16}$/.test(secret));
  return {
    text,
    bytes: (base64) => {
      // A PCIe device serial number is stored as a little-endian number.
      const bytes = Buffer.from(text(Buffer.from(base64, 'base64').toString('latin1')), 'latin1');
      for (const number of numbers) {
        const [from, to] = [number, madeUp(number, salt)].map((hex) => Buffer.from(hex, 'hex').reverse());
        const at = from === undefined ? -1 : bytes.indexOf(from);
        if (at >= 0) to?.copy(bytes, at);
      }
      return bytes.toString('base64');
    },
  };
}

function scrubPath(known: RecordedPath, { text, bytes }: Scrubber): RecordedPath {
  const { read, readBytes, list, link, resolve } = known;
  return {
    ...known,
    ...(typeof read === 'string' ? { read: text(read) } : {}),
    ...(typeof readBytes === 'string' ? { readBytes: bytes(readBytes) } : {}),
    ...(Array.isArray(list) ? { list: list.map(text) } : {}),
    ...(typeof link === 'string' ? { link: text(link) } : {}),
    ...(typeof resolve === 'string' ? { resolve: text(resolve) } : {}),
  };
}

function scrubRun({ tool, args, result }: RecordedRun, text: (text: string) => string): RecordedRun {
  if ('errno' in result) return { tool, args: args.map(text), result };
  const { code, out, err } = result;
  return { tool, args: args.map(text), result: { code, out: text(out), err: text(err) } };
}

/** Replaces in texts and names of members only: a number stays what it is, and is found when it tells too much. */
function scrubJson(value: unknown, text: (text: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((inner) => scrubJson(inner, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [text(name), scrubJson(inner, text)]),
  );
}

/** Short words are meant only where they stand alone: they could be part of anything. */
function patternOf(secret: string): string {
  const escaped = secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return secret.length >= 6 ? escaped : `(?<![0-9a-z])${escaped}(?![0-9a-z])`;
}

function madeUp(secret: string, salt: string): string {
  const digest = createHmac('sha512', salt).update(secret).digest();
  const letters = /[g-z]/.test(secret) ? 26 : 6;
  return secret.replace(/[0-9a-z]/g, (character, at: number) => {
    const random = digest[at % digest.length] ?? 0;
    return /\d/.test(character) ? String(random % 10) : String.fromCharCode(97 + (random % letters));
  });
}

const inCaseOf = (model: string, text: string): string =>
  text.replace(/[a-z]/g, (character, at: number) =>
    /[A-Z]/.test(model[at] ?? '') ? character.toUpperCase() : character,
  );
