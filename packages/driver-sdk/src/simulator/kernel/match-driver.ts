import { type PresentFunction, pciDrivers } from './find-function.ts';
import type { Kernel } from './kernel.ts';
import { isVfioDriver } from './vfio-nodes.ts';

/** Whether the kernel would try a driver on a function: by its override if it has one, else by the driver's ids. */
export function matches(kernel: Kernel, present: PresentFunction, driver: string): boolean {
  const override = overrideOf(kernel, present);
  if (override !== undefined) return override === driver;
  const { vendor, device } = present.spec;
  return kernel.state.drivers[driver]?.includes(`${vendor}:${device}`) === true;
}

/** The drivers that are loaded and match, in the order they are tried. */
export function matchingDrivers(kernel: Kernel, present: PresentFunction): string[] {
  return kernel.tree
    .list(pciDrivers)
    .sort()
    .filter((driver) => matches(kernel, present, driver));
}

/** The errno with which a driver's probe ends; undefined when it takes the function. */
export function probeError(kernel: Kernel, present: PresentFunction, driver: string): string | undefined {
  const { tree } = kernel;
  if (!isVfioDriver(driver)) return answers(kernel, present) ? undefined : 'EIO';
  if (present.spec.class.startsWith('0604')) return 'EINVAL';
  if (tree.target(`${present.directory}/iommu_group`) === undefined) return 'EINVAL';
  return Number(tree.read(`${present.directory}/sriov_numvfs`) ?? 0) > 0 ? 'EBUSY' : undefined;
}

function answers(kernel: Kernel, { address }: PresentFunction): boolean {
  const card = kernel.state.cards.find(({ functions }) => functions.some((one) => one.address === address));
  return card?.health !== 'fallen-off';
}

function overrideOf(kernel: Kernel, { directory }: PresentFunction): string | undefined {
  const text = kernel.tree.read(`${directory}/driver_override`)?.trim();
  return text === '(null)' || text === '' ? undefined : text;
}
