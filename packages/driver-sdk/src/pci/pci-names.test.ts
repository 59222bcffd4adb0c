import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createRealMachine } from '../machine/create-real-machine.ts';
import { parsePciNames, readPciNames } from './pci-names.ts';

const list = `# made up
10de  NVIDIA Corporation
\t2335  GH100 [H200 SXM 141GB]
\t\t10de 18be  a subsystem
1d55  Acme  Works
\ta010  A10
C 03  Display controller
\t02  3D controller
`;

it('names vendors and devices, not subsystems and classes', () => {
  const names = parsePciNames(list);
  expect(names.vendor('10de')).toBe('NVIDIA Corporation');
  expect(names.device('10de', '2335')).toBe('GH100 [H200 SXM 141GB]');
  expect(names.device('1d55', 'a010')).toBe('A10');
  expect(names.vendor('1d55')).toBe('Acme  Works');
  expect([names.device('10de', '18be'), names.device('1d55', '02'), names.vendor('ffff')]).toEqual(Array(3));
});

it('knows what the list lacks, with a list and without', async () => {
  const root = mkdtempSync(join(tmpdir(), 'pci-names-'));
  expect((await readPciNames(createRealMachine({ root }))).device('8086', 'bcce')).toContain('N6000');
  mkdirSync(join(root, 'usr/share/hwdata'), { recursive: true });
  writeFileSync(join(root, 'usr/share/hwdata/pci.ids'), list);
  const names = await readPciNames(createRealMachine({ root }));
  expect([names.device('8086', 'bcce'), names.vendor('1d55')]).toEqual([expect.any(String), 'Acme  Works']);
  rmSync(root, { recursive: true });
});
