/**
 * JSON as Python's `json.dumps` writes it and Cyborg therefore answers: `", "` and `": "` between tokens, everything
 * outside of printable ASCII as `\u00e9`. For plain data of strings, integers, booleans, nulls, arrays and objects.
 */
export function pythonJson(value: unknown): string {
  if (typeof value === 'string') return pythonString(value);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${pythonString(name)}: ${pythonJson(member)}`).join(', ')}}`;
}

/**
 * A value as Python's `str()` shows it in messages: `True`, `None`, strings bare. What is no scalar is only hinted at,
 * since it is the caller's and may be nested beyond any stack.
 */
export function pythonText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  return Array.isArray(value) ? '[...]' : '{...}';
}

function pythonString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
