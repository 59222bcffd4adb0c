import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRealMachine } from '../machine/create-real-machine.ts';
import { guardMachine } from '../machine/guard-machine.ts';
import { scanPci } from './scan-pci.ts';
import { pciDevices } from './sysfs-paths.ts';

const hasBus = existsSync(pciDevices);

describe.skipIf(!hasBus)(`the PCI bus of this machine${hasBus ? '' : ` (there is no ${pciDevices})`}`, () => {
  it('is read whole, through the permissions of a usual manifest', async () => {
    const machine = guardMachine(createRealMachine(), {
      read: ['/sys/bus/pci/**', '/sys/devices/**', '/sys/kernel/iommu_groups/**'],
      write: [],
      tools: [],
    });
    const found = await scanPci(machine);
    expect(found.map(({ address }) => address)).toEqual(await machine.list(pciDevices));
    for (const fn of found) {
      expect(fn.vendor).toMatch(/^[0-9a-f]{4}$/);
      expect(fn.class).toMatch(/^[0-9a-f]{6}$/);
      expect(fn.driver).toBe(await machine.link(`${pciDevices}/${fn.address}/driver`));
    }
  });
});
