import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { missingOutputs } from './build-packages.ts';
import { entryPoints, packagesOf } from './tsup-options.ts';

it('builds what exports and bin name, once each', () => {
  const exports = {
    '.': { 'cyborg-source': './src/index.ts', default: './dist/index.js' },
    './host': { 'cyborg-source': './src/host/index.ts' },
    './package.json': './package.json',
  };
  expect(entryPoints({ exports, bin: { cyborgd: './dist/main.js' } })).toEqual({
    index: 'src/index.ts',
    'host/index': 'src/host/index.ts',
    main: 'src/main.ts',
  });
});

it('finds promised files that were not built, and programs without their first line', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cyborg-build-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const publishConfig = { exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } } };
  const bin = { good: './dist/good.js', bad: './dist/bad.js' };
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ bin, publishConfig }));
  mkdirSync(join(directory, 'dist'));
  writeFileSync(join(directory, 'dist/index.js'), '');
  writeFileSync(join(directory, 'dist/good.js'), '#!/usr/bin/env node\n');
  writeFileSync(join(directory, 'dist/bad.js'), '');
  expect(missingOutputs(directory)).toEqual([
    './dist/index.d.ts was not built; see exports and bin in package.json',
    './dist/bad.js does not begin with #!/usr/bin/env node; put that line into its source',
  ]);
});

it('tells which packages the start of a file waits for, however far away they are imported', () => {
  const statement = (path: string, external = false) => ({ path, external, kind: 'import-statement' });
  const files = {
    'child.js': { imports: [statement('chunk.js'), { path: 'late.js', kind: 'dynamic-import' }] },
    'chunk.js': { imports: [statement('node:fs', true), statement('zod', true), statement('child.js')] },
    'late.js': { imports: [statement('yaml', true)] },
  };
  expect(packagesOf('child.js', files)).toEqual(['zod']);
  expect(packagesOf('late.js', files)).toEqual(['yaml']);
});
