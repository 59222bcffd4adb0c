import { type Finding, finding } from '@cyborgjs/core';
import type { CardFacts, MachineFacts } from './machine-facts.ts';

/** Judges a machine; a check that no card asks for is skipped. */
export function checkMachine(facts: MachineFacts): Finding[] {
  return [checkCards(facts), checkIommu(facts), checkVfio(facts), ...checkModules(facts)];
}

function checkCards({ cards }: MachineFacts): Finding {
  if (cards.length === 0)
    return finding.warning(
      'accelerators',
      'no GPU, co-processor, accelerator or Xilinx card on the PCI bus',
      'Look with: lspci -nn. Other cards are found by rules of the driver pci (agent.drivers in the configuration).',
    );
  const list = cards.map(({ address, driver }) => `${address} (${driver ?? 'no kernel driver'})`);
  return finding.ok('accelerators', list.join(', '));
}

const check = 'IOMMU';

/** Without it nothing can be given to a virtual machine. */
function checkIommu(facts: MachineFacts): Finding {
  const { iommuGroups, cards } = facts;
  if (iommuGroups > 0) return finding.ok(check, `on, ${iommuGroups} groups`);
  if (cards.length === 0) return finding.skipped(check, 'off, and there is no card that would need it');
  return finding.failed(check, 'off: no card can be given to a virtual machine', iommuHelp(facts));
}

function iommuHelp({ virtual, processor, kernelCommandLine }: MachineFacts): string {
  if (virtual)
    return 'This machine is itself virtual: its hypervisor has to give it an IOMMU (QEMU: -device intel-iommu).';
  if (processor === 'AuthenticAMD')
    return 'Switch it on in the firmware (AMD-Vi, IOMMU), and take amd_iommu=off from the kernel command line if it is there.';
  const has = kernelCommandLine.includes('intel_iommu=on');
  return has
    ? 'The kernel is told to use it: switch it on in the firmware (VT-d).'
    : 'Switch it on in the firmware (VT-d), add intel_iommu=on iommu=pt to the kernel command line, and reboot.';
}

function checkVfio({ modules, cards }: MachineFacts): Finding {
  const name = 'module vfio-pci';
  if (modules.has('vfio_pci')) return finding.ok(name, 'loaded');
  if (cards.length === 0) return finding.skipped(name, 'not loaded, and there is no card that would need it');
  return finding.failed(
    name,
    'not loaded: no card can be given to a virtual machine',
    'Load it with: modprobe vfio-pci; and at every boot: echo vfio-pci > /etc/modules-load.d/cyborg.conf',
  );
}

/** Kernel drivers by which our drivers read and slice cards, by family. */
const hostModules: Readonly<
  Partial<Record<CardFacts['family'], { readonly module: string; readonly without: string }>>
> = {
  nvidia: { module: 'nvidia', without: 'no health, no temperature, no MIG, no vGPU' },
  intel: { module: 'dfl_pci', without: 'an FPGA cannot be programmed or read' },
  amd: { module: 'amdgpu', without: 'no health, no temperature, no partitions' },
};

function checkModules({ cards, modules }: MachineFacts): Finding[] {
  return Object.entries(hostModules).flatMap(([family, { module, without }]) => {
    const mine = cards.filter((card) => card.family === family);
    if (mine.length === 0) return [];
    const name = `module ${module}`;
    if (modules.has(module)) return [finding.ok(name, 'loaded')];
    if (mine.every(({ driver }) => driver === 'vfio-pci'))
      return [finding.ok(name, 'not loaded; all cards are with vfio-pci, to be given out whole')];
    const help = `Install the maker's driver and load it with: modprobe ${module}. Whole cards can be given out without it.`;
    return [finding.warning(name, `not loaded: ${without}`, help)];
  });
}
