import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatedServer } from '@cyborgjs/driver-sdk/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkMachine } from './check-machine.ts';
import { type MachineFacts, readMachineFacts } from './machine-facts.ts';

const nvidia = { address: '0000:83:00.0', family: 'nvidia', driver: 'nvidia' } as const;
const good: MachineFacts = {
  cards: [nvidia],
  iommuGroups: 40,
  modules: new Set(['vfio_pci', 'nvidia']),
  kernelCommandLine: 'quiet',
  processor: 'GenuineIntel',
  virtual: false,
};
const judge = (changes: Partial<MachineFacts>, check: string) =>
  checkMachine({ ...good, ...changes }).find((found) => found.check === check);

describe('a machine', () => {
  it('that has everything passes', () =>
    expect(checkMachine(good).map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok']));

  it.each([
    ['Intel', { processor: 'GenuineIntel' }, 'intel_iommu=on iommu=pt'],
    ['Intel, told already', { kernelCommandLine: 'intel_iommu=on' }, 'firmware (VT-d)'],
    ['AMD', { processor: 'AuthenticAMD' }, 'AMD-Vi'],
    ['a virtual one', { virtual: true }, 'hypervisor'],
  ])('without an IOMMU gets help for %s', (_name, changes, help) => {
    const found = judge({ iommuGroups: 0, ...changes }, 'IOMMU');
    expect(found?.state).toBe('failed');
    expect(found?.help).toContain(help);
  });

  it.each([
    ['IOMMU', { iommuGroups: 0 }],
    ['module vfio-pci', { modules: new Set<string>() }],
  ])('without cards needs no %s', (check, changes) =>
    expect(judge({ cards: [], ...changes }, check)?.state).toBe('skipped'),
  );

  it.each([
    ['its module', { modules: new Set(['nvidia', 'vfio_pci']) }, 'ok'],
    ['no module', { modules: new Set(['vfio_pci']) }, 'warning'],
    [
      'no module, but cards that are given out whole',
      { modules: new Set(['vfio_pci']), cards: [{ ...nvidia, driver: 'vfio-pci' }] },
      'ok',
    ],
  ])('with a card of NVIDIA and %s', (_name, changes, state) =>
    expect(judge(changes, 'module nvidia')?.state).toBe(state),
  );
});

describe('the facts', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'cyborg-doctor-'));
    simulatedServer(join(root, 'machine'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('are read from sysfs: accelerators, and no network card', () => {
    const { cards } = readMachineFacts(join(root, 'machine'));
    expect(cards).toEqual([
      { address: '0000:83:00.0', family: 'nvidia', driver: 'nvidia' },
      { address: '0000:84:00.0', family: 'nvidia', driver: 'nvidia' },
      { address: '0000:b1:00.0', family: 'intel', driver: 'dfl-pci' },
    ]);
  });

  it('of a machine without any of it are none', () =>
    expect(readMachineFacts(join(root, 'nowhere'))).toMatchObject({ cards: [], iommuGroups: 0 }));
});
