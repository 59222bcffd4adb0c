/** A part of an answer that has been written already: what there are thousands of is written without a detour. */
export class PythonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** What lists are sorted by. */
  toString(): string {
    return this.text;
  }
}

/** So many items of a list are written before their text becomes bytes. */
const batch = 64;

/**
 * An answer that is one list and may have thousands of items, `{"arqs": [...]}`. Text that is put together piece by
 * piece costs most while it lies about: of this no more than a batch does.
 */
export function pythonListBytes<Item>(
  name: string,
  items: readonly Item[],
  write: (item: Item) => PythonText,
): Buffer {
  const chunks: Buffer[] = [];
  let text = `{${pythonString(name)}: [`;
  items.forEach((item, index) => {
    text += index === 0 ? write(item).text : `, ${write(item).text}`;
    if (index % batch < batch - 1) return;
    chunks.push(Buffer.from(text, 'latin1'));
    text = '';
  });
  chunks.push(Buffer.from(`${text}]}`, 'latin1'));
  return Buffer.concat(chunks);
}

/**
 * JSON as Python's `json.dumps` writes it and Cyborg therefore answers: `", "` and `": "` between tokens, everything
 * outside of printable ASCII as `\u00e9`. For plain data of strings, integers, booleans, nulls, arrays and objects.
 */
export function pythonJson(value: unknown): string {
  if (typeof value === 'string') return pythonString(value);
  if (value instanceof PythonText) return value.text;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  // Lists of thousands are written by loops that make nothing but the text.
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += text === '' ? pythonJson(item) : `, ${pythonJson(item)}`;
    return `[${text}]`;
  }
  const members = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (member === undefined) continue;
    if (text !== '') text += ', ';
    text += `${pythonString(name)}: ${pythonJson(member)}`;
  }
  return `{${text}}`;
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

/** Most texts are names, ids and times, and stand for themselves. */
const plain = /^[ !#-[\]-~]*$/;

/** A text as `json.dumps` writes it, in quotes. */
export function pythonString(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
