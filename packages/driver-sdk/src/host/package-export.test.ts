import { describe, expect, it } from 'vitest';
import { packageExport } from './package-export.ts';

const conditions = new Set(['node', 'import']);

describe('the file behind an export', () => {
  it.each([
    ['a string for the whole package', './index.js', '.', './index.js'],
    ['conditions for the whole package', { require: './a.cjs', import: './a.js' }, '.', './a.js'],
    ['a subpath', { '.': './index.js', './driver': './driver.js' }, './driver', './driver.js'],
    ['nested conditions', { '.': { node: { require: './a.cjs', default: './b.js' } } }, '.', './b.js'],
    [
      'the first condition that holds',
      { '.': { default: './first.js', import: './second.js' } },
      '.',
      './first.js',
    ],
    ['types apart', { '.': { types: './a.d.ts', default: './a.js' } }, '.', './a.js'],
    ['the first of several', { '.': [{ deno: './deno.js' }, './a.js'] }, '.', './a.js'],
  ])('is found: %s', (_, exports, subpath, file) => {
    expect(packageExport(exports, subpath, conditions)).toBe(file);
  });

  it.each([
    ['no exports at all', undefined, '.'],
    ['another subpath', { '.': './index.js' }, './driver'],
    ['a subpath of a string', './index.js', './driver'],
    ['no condition that holds', { '.': { require: './a.cjs' } }, '.'],
    ['closed on purpose', { './driver': null }, './driver'],
  ])('is not there: %s', (_, exports, subpath) => {
    expect(packageExport(exports, subpath, conditions)).toBeUndefined();
  });
});
