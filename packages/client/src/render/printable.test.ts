import { expect, it } from 'vitest';
import { printable } from './printable.ts';

it('lets no text from the service steer the terminal or break a line', () => {
  expect(printable('H200\x1b[2J\x07\r\nroot\u202eevil\u2028x')).toBe('H200 [2J root evil x');
});
