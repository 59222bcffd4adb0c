import { cleanTexts } from '../conductor/clean-texts.ts';
import { addressIn } from '../conductor/handle-place.ts';
import type { RowFindings } from './finding.ts';

/** A JSON object of texts, in the order of its members; undefined for anything else. */
export function textsIn(text: string): Record<string, string> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).map(([name, item]) => [
    name.slice(0, 64),
    (typeof item === 'string' ? item : JSON.stringify(item)).slice(0, 1024),
  ]);
  return cleanTexts(Object.fromEntries(entries));
}

/** The PCI address in a JSON text; undefined where there is none. */
export function addressOfJson(text: string): string | undefined {
  const info = textsIn(text);
  return info && addressIn(info);
}

/** What a driver told of a card: an object, or a plain text, which Cyborg allows. */
export function textsOfJson(
  text: string | null,
  column: string,
  findings: RowFindings,
): Record<string, string> {
  if (text === null || text === '') return {};
  const texts = textsIn(text);
  if (texts !== undefined) return texts;
  findings.noted(`${column} is no JSON object; its text is kept until a driver reports the device`);
  return { [column]: cleanTexts(text).slice(0, 1024) };
}
