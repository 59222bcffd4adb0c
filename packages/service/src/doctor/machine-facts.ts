import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A card that accelerates something, as far as its PCI class and vendor tell. */
export interface CardFacts {
  readonly address: string;
  readonly family: 'nvidia' | 'amd' | 'xilinx' | 'intel' | 'other';
  /** Kernel driver that has it; null for none. */
  readonly driver: string | null;
}

/** What has to be known of a machine to say whether accelerators can be given out on it. */
export interface MachineFacts {
  readonly cards: readonly CardFacts[];
  readonly iommuGroups: number;
  /** Kernel modules that are loaded or built in, with `_`. */
  readonly modules: ReadonlySet<string>;
  readonly kernelCommandLine: string;
  /** Of the processor: `GenuineIntel`. */
  readonly processor: string;
  /** Whether it runs on a hypervisor. */
  readonly virtual: boolean;
}

/**
 * Reads the facts from the machine whose file system begins at `root`: sysfs (ABI/testing/sysfs-bus-pci,
 * sysfs-kernel-iommu_groups) and procfs. What cannot be read counts as absent.
 */
export function readMachineFacts(root = '/'): MachineFacts {
  const at = (path: string) => join(root, path);
  const processor = textAt(at('proc/cpuinfo'));
  return {
    cards: namesAt(at('sys/bus/pci/devices')).flatMap((address) => cardAt(at, address)),
    iommuGroups: namesAt(at('sys/kernel/iommu_groups')).length,
    modules: new Set(namesAt(at('sys/module'))),
    kernelCommandLine: textAt(at('proc/cmdline')).trim(),
    processor: /^vendor_id\s*:\s*(\S+)/m.exec(processor)?.[1] ?? 'unknown',
    virtual: /^flags\s*:.*\bhypervisor\b/m.test(processor),
  };
}

/** PCI base classes (PCI Code and ID Assignment): 03 displays, 0b40 co-processors, 12 accelerators. */
const acceleratorClass = /^0x(03|0b40|12)/;
const families: Readonly<Record<string, CardFacts['family']>> = {
  '0x10de': 'nvidia',
  '0x1002': 'amd',
  '0x10ee': 'xilinx',
  '0x8086': 'intel',
};

function cardAt(at: (path: string) => string, address: string): CardFacts[] {
  const directory = `sys/bus/pci/devices/${address}`;
  const family = families[textAt(at(`${directory}/vendor`)).trim()] ?? 'other';
  const code = textAt(at(`${directory}/class`)).trim();
  const isDisplayOnly = (family === 'other' || family === 'intel') && code.startsWith('0x03');
  // Everything of Xilinx that plugs in is an accelerator; a plain display of somebody else is not.
  if (isDisplayOnly || (family !== 'xilinx' && !acceleratorClass.test(code))) return [];
  const uevent = textAt(at(`${directory}/uevent`));
  return [{ address, family, driver: /^DRIVER=(.+)$/m.exec(uevent)?.[1] ?? null }];
}

function namesAt(path: string): string[] {
  return existsSync(path) ? readdirSync(path).sort() : [];
}

function textAt(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
