import { CyborgError } from '@cyborgjs/core';
import type { Identity } from './authenticator.ts';

/** What a check looks at beside the caller: attributes of what is asked for, by name. */
export type PolicyTarget = Readonly<Record<string, string | null>>;

/** A check string, read. */
export type Check = (identity: Identity, target: PolicyTarget, rules: RuleLookup) => boolean;

/** Finds the check of a named rule. */
export type RuleLookup = (name: string) => Check;

/** A check string, read, and the names of the rules that it refers to. */
export interface ParsedCheck {
  readonly check: Check;
  readonly refersTo: readonly string[];
}

interface Reader {
  readonly text: string;
  readonly words: readonly string[];
  at: number;
  readonly refersTo: string[];
}

/**
 * Reads a check string in the language of oslo.policy (`role:admin and not rule:guest`, `@`, `!`, parentheses,
 * `project_id:%(project_id)s`); the empty string lets everyone through. Throws `config.invalid` for what is not in the
 * language, and for checks that ask a remote server (`http:`), which are not supported.
 */
export function parseCheck(text: string): ParsedCheck {
  const words = text.match(/[()]|(?:[^\s()%]|%\([^)]*\)s|%)+/g) ?? [];
  const reader: Reader = { text, words, at: 0, refersTo: [] };
  if (words.length === 0) return { check: () => true, refersTo: [] };
  const check = readOr(reader);
  if (reader.at < words.length) throw notUnderstood(reader);
  return { check, refersTo: reader.refersTo };
}

function readOr(reader: Reader): Check {
  const parts = [readAnd(reader)];
  while (takeWord(reader, 'or')) parts.push(readAnd(reader));
  return (...facts) => parts.some((part) => part(...facts));
}

function readAnd(reader: Reader): Check {
  const parts = [readNot(reader)];
  while (takeWord(reader, 'and')) parts.push(readNot(reader));
  return (...facts) => parts.every((part) => part(...facts));
}

function readNot(reader: Reader): Check {
  if (!takeWord(reader, 'not')) return readTerm(reader);
  const part = readNot(reader);
  return (...facts) => !part(...facts);
}

function readTerm(reader: Reader): Check {
  const word = reader.words[reader.at];
  if (word === '(') {
    reader.at += 1;
    const inner = readOr(reader);
    if (reader.words[reader.at] !== ')') throw notUnderstood(reader);
    reader.at += 1;
    return inner;
  }
  if (word === undefined || word === ')' || /^(and|or|not)$/i.test(word)) throw notUnderstood(reader);
  reader.at += 1;
  if (word === '@') return () => true;
  if (word === '!') return () => false;
  return readKind(word, reader);
}

function readKind(word: string, reader: Reader): Check {
  const colon = word.indexOf(':');
  const [kind, match] = [word.slice(0, colon), word.slice(colon + 1)];
  if (colon < 1 || match === '') throw notUnderstood(reader);
  if (kind === 'http' || kind === 'https')
    throw new CyborgError(
      'config.invalid',
      `"${reader.text}": ${word}: checks that ask another server are not supported`,
    );
  if (kind === 'rule') {
    reader.refersTo.push(match);
    return (identity, target, rules) => rules(match)(identity, target, rules);
  }
  if (kind === 'role')
    return ({ roles }, target) => {
      const wanted = fill(match, target)?.toLowerCase();
      return wanted !== undefined && roles.some((role) => role.toLowerCase() === wanted);
    };
  return (identity, target) => {
    const value = attributeOf(kind, identity);
    return value !== undefined && value === fill(match, target);
  };
}

/** The left side of a comparison: an attribute of the caller, or a literal in quotes. */
function attributeOf(kind: string, { userId, projectId }: Identity): string | undefined {
  const literal = /^'(.*)'$|^"(.*)"$/.exec(kind);
  if (literal !== null) return literal[1] ?? literal[2] ?? '';
  const facts: Readonly<Record<string, string | null>> = {
    user_id: userId,
    project_id: projectId,
    tenant_id: projectId,
    tenant: projectId,
  };
  return facts[kind] ?? (/^(True|False|None|\d+)$/.test(kind) ? kind : undefined);
}

/** The right side, with attributes of the target filled in; undefined when the target has not all of them. */
function fill(match: string, target: PolicyTarget): string | undefined {
  let isWhole = true;
  const text = match.replace(/%\(([^)]*)\)s/g, (_whole, name: string) => {
    const value = target[name];
    if (value === undefined || value === null) isWhole = false;
    return value ?? '';
  });
  return isWhole ? text : undefined;
}

function takeWord(reader: Reader, wanted: string): boolean {
  const isThere = reader.words[reader.at]?.toLowerCase() === wanted;
  if (isThere) reader.at += 1;
  return isThere;
}

function notUnderstood({ text, words, at }: Reader): CyborgError {
  const where = words[at] === undefined ? 'at its end' : `at "${words[at]}"`;
  return new CyborgError(
    'config.invalid',
    `"${text}": not understood ${where}; expected such as "role:admin or rule:other"`,
  );
}
