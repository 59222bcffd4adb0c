import { showDriverFiles } from './driver-files.ts';
import { type PresentFunction, pciDrivers } from './find-function.ts';
import { ueventOf } from './function-attributes.ts';
import type { Kernel } from './kernel.ts';
import { matchingDrivers, probeError } from './match-driver.ts';
import { isVfioDriver, openVfio } from './vfio-nodes.ts';

/** Binds an unbound function to a driver, without asking whether they match. */
export function attachDriver(kernel: Kernel, present: PresentFunction, driver: string): void {
  const { tree } = kernel;
  const { address, directory, spec } = present;
  tree.link(`${directory}/driver`, `${pciDrivers}/${driver}`);
  tree.write(`${directory}/uevent`, ueventOf(spec, driver));
  if (isVfioDriver(driver)) openVfio(kernel, present);
  if (driver === spec.driver) showDriverFiles(kernel, present);
  tree.link(`${pciDrivers}/${driver}/${address}`, directory);
}

/** Tries the matching drivers on an unbound function; a probe that fails leaves it unbound and is no error. */
export function probeDrivers(kernel: Kernel, present: PresentFunction): void {
  if (kernel.tree.has(`${present.directory}/driver`)) return;
  const driver = matchingDrivers(kernel, present).find(
    (candidate) => probeError(kernel, present, candidate) === undefined,
  );
  if (driver !== undefined) attachDriver(kernel, present, driver);
}
