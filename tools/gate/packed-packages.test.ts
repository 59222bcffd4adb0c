import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { checkPackedPackage } from './packed-packages.ts';

it('finds a manifest that promises what is not packed', { timeout: 60_000 }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'cyborg-packed-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'dist'));
  writeFileSync(join(root, 'dist/index.js'), 'export const one = 1;\n');
  // Types that lead nowhere, and a file that is not there.
  writeFileSync(join(root, 'dist/index.d.ts'), "export * from './nowhere';\n");
  const manifest = {
    name: 'planted',
    version: '1.0.0',
    type: 'module',
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './other': './dist/other.js',
    },
  };
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest));
  execFileSync('npm', ['pack', '--silent'], { cwd: root });
  const packed = { name: 'planted', directory: 'packages/planted', tarball: join(root, 'planted-1.0.0.tgz') };
  const texts = (await checkPackedPackage(packed)).map(({ text }) => text);
  expect(texts).toEqual([expect.stringContaining('publint: '), expect.stringContaining('attw: ')]);
});
