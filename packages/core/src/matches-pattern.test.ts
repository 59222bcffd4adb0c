import { expect, it } from 'vitest';
import { matchesPattern } from './matches-pattern.ts';

it.each([
  ['gpu', 'gpu', true],
  ['GPU', 'gpu', true],
  ['gpu', 'gpus', false],
  ['gpu', 'a gpu', false],
  ['node-*', 'node-', true],
  ['node-*', 'node-17.example', true],
  ['node-?', 'node-7', true],
  ['node-?', 'node-17', false],
  ['nvidia h?00*', 'NVIDIA H200 NVL', true],
  ['*a*b*', 'xxaxxbxx', true],
  ['*', '', true],
  ['', 'x', false],
  ['host.local', 'hostXlocal', false],
  ['[a-z](b|c)+$', '[a-z](b|c)+$', true],
  ['[a-z]', 'q', false],
  ['?', '𝔾', true],
])('%j and %j: %s', (pattern, text, expected) => {
  expect(matchesPattern(pattern, text)).toBe(expected);
});
