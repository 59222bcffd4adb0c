import { describe, expect, it } from 'vitest';
import { checkDefaultExports } from './default-exports.ts';
import { checkFileNames } from './file-names.ts';
import { checkImportCycles } from './import-cycles.ts';
import { checkImportLaw } from './import-law.ts';
import { aManifest, lines, plantTree } from './planted-tree.ts';
import { checkSizes } from './sizes.ts';
import { checkWords } from './words.ts';

const all = {
  dependencies: { '@cyborgjs/core': '*', '@cyborgjs/driver-sdk': '*', '@cyborgjs/client': '*', zod: '*' },
};

describe('the import law', () => {
  it('finds a package that imports one above it', () => {
    const tree = plantTree({
      'packages/core/package.json': aManifest('core', all),
      'packages/core/src/a.ts': "import { x } from '@cyborgjs/driver-sdk';\nimport { z } from 'zod';\n",
    });
    expect(lines(checkImportLaw(tree))).toEqual([
      'packages/core/src/a.ts:1 core may not import driver-sdk; see packageLaw in tools/gate/import-law.ts',
    ]);
  });

  it('finds a room that reaches into another, by type and by import() too', () => {
    const tree = plantTree({
      'packages/service/package.json': aManifest('service', all),
      'packages/service/src/store/a.ts': "import type { B } from '../conductor/b.ts';\n",
      'packages/service/src/bus/b.ts': "const c = await import('../store/c.ts');\n",
      'packages/service/src/conductor/ok.ts': "import { s } from '../store/s.ts';\n",
      'packages/service/src/api/c.ts': "export { x } from '../compose.ts';\n",
      'packages/service/src/api/d.ts': "import { d } from '@cyborgjs/driver-sdk';\n",
      'packages/service/src/compose.ts': "import { s } from './store/s.ts';\n",
    });
    expect(lines(checkImportLaw(tree)).sort()).toEqual([
      'packages/service/src/api/c.ts:1 room api may not import packages/service/src/compose.ts, which wires the rooms; pass it in',
      'packages/service/src/api/d.ts:1 room api may not import driver-sdk; see roomLaw in tools/gate/import-law.ts',
      'packages/service/src/bus/b.ts:1 room bus may not import room store; see roomLaw in tools/gate/import-law.ts',
      'packages/service/src/store/a.ts:1 room store may not import room conductor; see roomLaw in tools/gate/import-law.ts',
    ]);
  });

  it('keeps a driver away from the machine, and everyone to declared dependencies', () => {
    const tree = plantTree({
      'packages/driver-gpu/package.json': aManifest('driver-gpu', all),
      'packages/driver-gpu/src/a.ts':
        "import { readFile } from 'node:fs/promises';\nimport x from 'left-pad';\n",
      'packages/driver-gpu/src/b.ts': "import { c } from '../../core/src/c.ts';\n",
      'packages/driver-gpu/src/a.test.ts': "import { it } from 'vitest';\nimport 'node:fs';\n",
    });
    expect(lines(checkImportLaw(tree)).sort()).toEqual([
      'packages/driver-gpu/src/a.ts:1 driver-gpu may not use node:fs/promises; it does its work through what it is given',
      'packages/driver-gpu/src/a.ts:2 left-pad is not among the dependencies in packages/driver-gpu/package.json',
      'packages/driver-gpu/src/b.ts:1 packages/core/src/c.ts is outside packages/driver-gpu; import the package by its name',
    ]);
  });
});

describe('the search for circles', () => {
  it('finds each circle once and leaves out what is gone at run time', () => {
    const tree = plantTree({
      'packages/core/src/a.ts': "import { b } from './b.ts';\n",
      'packages/core/src/b.ts': "import { c } from './c.ts';\n",
      'packages/core/src/c.ts': "export * from './a.ts';\n",
      'packages/core/src/d.ts': "import type { E } from './e.ts';\n",
      'packages/core/src/e.ts': "import { d } from './d.ts';\n",
    });
    const [only, ...others] = checkImportCycles(tree);
    expect(only?.text).toMatch(/a\.ts → .*b\.ts → .*c\.ts → .*a\.ts/);
    expect(others).toEqual([]);
  });
});

describe('the limits of size', () => {
  const body = (lineCount: number) => 'x();\n'.repeat(lineCount);

  it('warn of what is long and stop what is too long', () => {
    const tree = plantTree({
      'packages/core/src/long.ts': body(301),
      'packages/core/src/too-long.ts': body(501),
      'packages/core/src/just-right.ts': body(300),
      'packages/core/src/one.ts': `function one() {\n${body(39)}}\nconst two = () => {\n${body(59)}};\n`,
    });
    const found = checkSizes(tree).map(
      ({ severity, path, text }) => `${severity} ${path.split('/').at(-1)} ${text}`,
    );
    expect(found.sort()).toEqual([
      'wall one.ts function two has 61 lines; the wall is 60',
      'wall too-long.ts file has 501 lines; the wall is 500',
      'warning long.ts file has 301 lines (300 is a warning)',
      'warning one.ts function one has 41 lines (40 is a warning)',
    ]);
  });

  it('stop a fourth parameter', () => {
    const tree = plantTree({ 'packages/core/src/a.ts': 'export class A { b(c, d, e, f) {} }\n' });
    expect(lines(checkSizes(tree))).toEqual([
      'packages/core/src/a.ts:1 function b has 4 parameters; from 4 on take an object',
    ]);
  });

  it('do not count a describe block as a function', () => {
    const tree = plantTree({ 'packages/core/src/a.test.ts': `describe('a', () => {\n${body(90)}});\n` });
    expect(checkSizes(tree)).toEqual([]);
  });
});

describe('the names of files', () => {
  it.each(['utils', 'string-utils', 'base-driver', 'device-manager', 'types', 'camelCase'])(
    'refuse %s',
    (name) => {
      expect(checkFileNames(plantTree({ [`packages/core/src/${name}.ts`]: '' }))).toHaveLength(1);
    },
  );

  it('refuse a directory that says nothing, and take what names its thing', () => {
    expect(checkFileNames(plantTree({ 'packages/core/src/helpers/uuid.ts': '' }))).toHaveLength(1);
    const good = { 'packages/core/src/device-life-cycle.ts': '', 'packages/core/tsup.config.ts': '' };
    expect(checkFileNames(plantTree(good))).toEqual([]);
  });
});

describe('default exports', () => {
  it('are found in every form', () => {
    const tree = plantTree({
      'packages/core/src/a.ts': 'export default 1;\n',
      'packages/core/src/b.ts': 'export default function b() {}\n',
      'packages/core/src/c.ts': 'const c = 1;\nexport { c as default };\n',
    });
    expect(checkDefaultExports(tree).map(({ path }) => path)).toEqual([
      'packages/core/src/a.ts',
      'packages/core/src/b.ts',
      'packages/core/src/c.ts',
    ]);
  });

  it('belong into tool configuration and the entry of a driver', () => {
    const tree = plantTree({
      'packages/driver-x/package.json': aManifest('driver-x', {
        exports: { './driver': { 'cyborg-source': './src/driver.ts' } },
        cyborgDriver: { entry: './driver' },
      }),
      'packages/driver-x/src/driver.ts': 'export default {};\n',
      'packages/driver-x/tsup.config.ts': 'export default {};\n',
    });
    expect(checkDefaultExports(tree)).toEqual([]);
  });
});

describe('forbidden words', () => {
  // Split, so that the repository's own check does not find them here.
  it.each([
    ['a.md', `// TO${'DO'}: later`],
    ['packages/core/src/a.test.ts', `it.${'only'}('x', () => {})`],
    ['a.ts', `// @ts-${'ignore'}`],
    ['a.yaml', `regis${'try'}.npmjs.org`],
    ['a.sh', `cd /${'home'}/joe/x`],
    ['packages/service/src/api/a.ts', `process.${'env'}.PATH`],
    ['packages/service/src/store/a.ts', `const at = Date.${'now'}();`],
  ])('are found: %s %s', (path, text) => {
    expect(lines(checkWords(path, `first\n${text}\n`))).toEqual([expect.stringMatching(`^${path}:2 `)]);
  });

  it('are allowed where they have their place', () => {
    expect(checkWords('packages/service/src/config.ts', `process.${'env'}`)).toEqual([]);
    expect(checkWords('packages/service/src/api/a.test.ts', `Date.${'now'}()`)).toEqual([]);
    expect(checkWords('a.ts', 'see /sys/bus/pci and ./framework/x')).toEqual([]);
  });
});
