import { describe, expect, it } from 'vitest';
import { checkExamples, collectExamples } from './doc-examples.ts';
import { checkErrorCodes, checkErrorPage, errorPage, readErrorTables } from './error-tables.ts';
import { compareExports, listExports } from './exports-list.ts';
import { selectParts } from './parts.ts';
import { aManifest, lines, plantTree } from './planted-tree.ts';

const exports = {
  '.': { 'cyborg-source': './src/index.ts' },
  './host': { 'cyborg-source': './src/host.ts' },
};

describe('the list of exports', () => {
  it('names values and types of every entry point, through re-exports', () => {
    const tree = plantTree({
      'packages/core/package.json': aManifest('core', { exports }),
      'packages/core/src/index.ts': "export * from './a.ts';\nexport { type B, c as d } from './b.ts';\n",
      'packages/core/src/a.ts': 'export interface A {}\nexport const a = 1;\n',
      'packages/core/src/b.ts': 'export class B {}\nexport function c() {}\n',
      'packages/core/src/host.ts': 'export const host = 1;\n',
    });
    expect(listExports(tree)).toEqual({
      '@cyborgjs/core': ['type A', 'type B', 'a', 'd'],
      '@cyborgjs/core/host': ['host'],
    });
  });

  it('shows what came and what went', () => {
    const found = compareExports({ p: ['a', 'b'], gone: ['x'] }, { p: ['b', 'type c'] });
    expect(found.map(({ text }) => text)).toEqual([
      expect.stringContaining('exports of p changed: + type c, - a;'),
      expect.stringContaining('exports of gone changed: - x;'),
    ]);
    expect(compareExports({ p: ['a'] }, { p: ['a'] })).toEqual([]);
  });
});

describe('error tables', () => {
  const planted = () =>
    plantTree({
      'packages/core/package.json': aManifest('core'),
      'packages/core/src/error-table.ts':
        "export const errorTable = { 'a.b': { kind: 'invalid', text: 'x | y' }, 'c.d': { kind: 'internal', text: '' } };\n",
      'packages/core/src/a.ts': "throw new CyborgError('a.b', 'no');\n",
      'packages/core/src/a.test.ts': "expect(code).toBe('a.b');\n",
    });

  it('have no code that is neither thrown nor tested', async () => {
    const tree = planted();
    expect(lines(checkErrorCodes(tree, await readErrorTables(tree)))).toEqual([
      "packages/core/src/error-table.ts nothing throws 'c.d'; throw it or remove it",
      "packages/core/src/error-table.ts no test mentions 'c.d'; test when it is thrown",
    ]);
  });

  it('are documented on a page that is not stale', async () => {
    const tables = await readErrorTables(planted());
    const page = errorPage(tables);
    expect(page).toContain('| `a.b` | invalid | x \\| y |');
    expect(checkErrorPage(page, tables)).toEqual([]);
    expect(checkErrorPage(`${page}more`, tables)).toHaveLength(1);
    expect(checkErrorPage(undefined, tables)).toHaveLength(1);
  });
});

describe('examples in documentation', () => {
  const planted = (page: string, comment = '') =>
    plantTree({
      'packages/core/package.json': aManifest('core', { exports }),
      'packages/core/src/index.ts': "export * from './double.ts';\n",
      'packages/core/src/double.ts': `/**\n * Doubles.\n *\n * @example\n * ${comment}\n */\nexport const double = (n: number): number => 2 * n;\n`,
      'README.md': page,
    });
  const check = (tree: ReturnType<typeof planted>) => lines(checkExamples(tree, collectExamples(tree)));

  it('are checked on pages, with the line of the mistake', () => {
    const page =
      "# Hi\n\n```ts\nimport { double } from '@cyborgjs/core';\ndouble('two');\n```\n\n```sh\nnpm start\n```\n";
    expect(check(planted(page))).toEqual([
      expect.stringMatching(/^README\.md:5 example does not compile: .*string/),
    ]);
  });

  it('must be whole on pages, and may use their own file in comments', () => {
    expect(check(planted('```ts\ndouble(2);\n```\n', 'const four: number = double(2);'))).toEqual([
      expect.stringMatching(/^README\.md:2 .*Cannot find name 'double'/),
    ]);
    expect(check(planted('', "double('two');"))).toEqual([
      expect.stringMatching(/^packages\/core\/src\/double\.ts:5 /),
    ]);
  });

  it('may be marked as not to be checked', () => {
    expect(check(planted('```ts no-check\nnot typescript\n```\n'))).toEqual([]);
  });
});

describe('the parts of the gate', () => {
  const parts = ['format', 'laws', 'unit'].map((name) => ({ name, command: ['true'] }));

  it('run in their order, whatever order they are asked for', () => {
    expect(selectParts(parts, ['unit', 'format'], []).map(({ name }) => name)).toEqual(['format', 'unit']);
    expect(selectParts(parts, [], ['laws']).map(({ name }) => name)).toEqual(['format', 'unit']);
  });

  it('are known by name', () => {
    expect(() => selectParts(parts, ['fly'], [])).toThrow(
      'there is no part "fly"; there are format, laws, unit',
    );
  });
});
