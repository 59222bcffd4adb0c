import fc from 'fast-check';

const depth = 3_000;

/** What no schema wants and somebody sends all the same; those of any length are long, but far below the body limit. */
export const hostileValues: readonly unknown[] = [
  null,
  true,
  '',
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e308,
  [],
  {},
  [[]],
  [null],
  '\0',
  'a\0b',
  '\ud800',
  '\u202e\ufeff\u{1f600}',
  ' ',
  '%',
  "'; drop table device; --",
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '9'.repeat(400),
  '-0',
  'NaN',
  '1e999',
  'a'.repeat(70_000),
  '\u00e9'.repeat(300),
  '\u{1f600}'.repeat(200),
  Array.from({ length: 5_000 }, (_, index) => index),
  Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`k${index}`, 'v'])),
  JSON.parse('{"__proto__": {"isAdmin": true}, "constructor": {"prototype": 1}}'),
  JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`),
  JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
];

/** Those that fit into the head of a request. */
export const hostileTexts = hostileValues.filter(
  (value): value is string => typeof value === 'string' && value.length < 2_000,
);

const hostile = fc.constantFrom(...hostileValues);

/** The same value with one of its parts, or all of it, gone, doubled or replaced by something that nobody wants. */
export function damaged(value: unknown): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.array(fc.nat(7), { minLength: 1, maxLength: 4 }), hostile, fc.nat(5))
    .map(([way, replacement, kind]) => damageAt(value, way, { replacement, kind }));
}

interface Damage {
  readonly replacement: unknown;
  readonly kind: number;
}

function damageAt(value: unknown, [step, ...rest]: readonly number[], damage: Damage): unknown {
  if (step === undefined || value === null || typeof value !== 'object') return damage.replacement;
  const entries: [string, unknown][] = Object.entries(value);
  const at = step % Math.max(1, entries.length);
  const chosen = entries[at];
  if (chosen === undefined) return damage.replacement;
  const [name, member] = chosen;
  if (rest.length === 0 && damage.kind === 0) entries.splice(at, 1);
  else if (rest.length === 0 && damage.kind === 1) entries.push([String(damage.replacement), member]);
  else entries[at] = [name, damageAt(member, rest, damage)];
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}
