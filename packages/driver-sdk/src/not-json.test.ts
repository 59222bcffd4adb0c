import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { placeOfNotJson } from './not-json.ts';

it('finds nothing in what JSON carries, and what it does not carry wherever that is', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => placeOfNotJson(value) === undefined));
  for (const odd of [undefined, 41n, Number.NaN, Number.POSITIVE_INFINITY, () => 1, Symbol('x'), new Date(0)])
    expect(placeOfNotJson({ cards: [{ name: 'a' }, { name: 'b', odd }] })).toEqual(['cards', '1', 'odd']);
});

it('agrees with zod', () => {
  const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true });
  fc.assert(
    fc.property(
      anything,
      (value) => (placeOfNotJson(value) === undefined) === z.json().safeParse(value).success,
    ),
  );
});
