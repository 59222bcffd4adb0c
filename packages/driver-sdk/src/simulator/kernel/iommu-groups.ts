import type { Kernel } from './kernel.ts';

const groups = '/sys/kernel/iommu_groups';

interface Member {
  /** Its name in the group: an address, or the UUID of a mediated device. */
  readonly name: string;
  readonly directory: string;
}

/** Puts a device into an IOMMU group; `own` is the lowest number that is free, as the kernel's are. */
export function joinGroup({ tree }: Kernel, { name, directory }: Member, wanted: number | 'own'): void {
  let number = wanted === 'own' ? 0 : wanted;
  if (wanted === 'own') {
    const taken = new Set(tree.list(groups));
    while (taken.has(String(number))) number += 1;
  }
  const group = `${groups}/${number}`;
  tree.write(`${group}/type`, 'DMA-FQ\n');
  tree.write(`${group}/reserved_regions`, '0x00000000fee00000 0x00000000feefffff msi\n');
  tree.link(`${group}/devices/${name}`, directory);
  tree.link(`${directory}/iommu_group`, group);
}

/** Takes a device out of its group, which goes with its last member. */
export function leaveGroup({ tree }: Kernel, { name, directory }: Member): void {
  const group = tree.target(`${directory}/iommu_group`);
  if (group === undefined) return;
  tree.remove(`${group}/devices/${name}`);
  if (tree.list(`${group}/devices`).length === 0) tree.remove(group);
}
