import { DriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import { groupBlockers } from './group-blockers.ts';
import { slotCompanions } from './slot-companions.ts';
import { functionPath } from './sysfs-paths.ts';

/**
 * Why a function's IOMMU group cannot go to user space as a whole: `unsupported` when it has none, `conflict` while
 * host drivers use others of it than the companions of its slot. Undefined when it can.
 */
export async function groupProblem(sys: Machine, address: string): Promise<DriverError | undefined> {
  const group = await sys.link(`${functionPath(address)}/iommu_group`);
  if (group === undefined) {
    return new DriverError(
      'unsupported',
      `${address} is in no IOMMU group, so it cannot be given away safely`,
      {
        device: address,
        hint: 'Turn the IOMMU on: in the firmware, and by intel_iommu=on or amd_iommu=on on the kernel command line.',
      },
    );
  }
  const users = await groupBlockers(sys, address);
  if (users.length === 0) return undefined;
  const companions: readonly string[] = await slotCompanions(sys, address);
  const blockers = users.filter((user) => !companions.includes(user.address));
  if (blockers.length === 0) return undefined;
  const names = blockers.map((blocker) => `${blocker.address} (${blocker.driver})`).join(', ');
  return new DriverError('conflict', `IOMMU group ${group} of ${address} is not viable: ${names}`, {
    device: address,
    hint: 'Unbind those functions, or bind them to vfio-pci or pci-stub: a group goes to one user as a whole.',
  });
}
