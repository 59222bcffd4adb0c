import { DriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import { slotCompanions } from './slot-companions.ts';
import { functionPath, isVfioDriver, pciDrivers, pciProbe } from './sysfs-paths.ts';
import { readVfioBinding } from './vfio-binding.ts';

/**
 * Gives a function back to the host, from whatever state it is in: the override is cleared, VFIO is unbound, and
 * the host's drivers may probe it; what belongs to it in its slot before it. Which driver takes it, if any, is the
 * host's business. A function that is gone, or was never handed out, is done without a write.
 *
 * The write to `unbind` does not return while somebody holds the function.
 */
export async function releaseVfio(sys: Machine, address: string): Promise<void> {
  for (const companion of await slotCompanions(sys, address)) await releaseFunction(sys, companion);
  await releaseFunction(sys, address);
}

async function releaseFunction(sys: Machine, address: string): Promise<void> {
  try {
    await release(sys, address);
  } catch (error) {
    // It may have been pulled out meanwhile: then there is nothing left to give back.
    if ((await readVfioBinding(sys, address)) !== undefined) throw error;
  }
}

async function release(sys: Machine, address: string): Promise<void> {
  const before = await readVfioBinding(sys, address);
  if (isVfioDriver(before?.override)) {
    await sys.write(`${functionPath(address)}/driver_override`, '\n');
    const after = await readVfioBinding(sys, address);
    if (isVfioDriver(after?.override)) throw notReleased(address, `its override is still ${after?.override}`);
  }
  if (isVfioDriver(before?.driver)) {
    await sys.write(`${pciDrivers}/${before?.driver}/unbind`, address);
    const after = await readVfioBinding(sys, address);
    if (isVfioDriver(after?.driver)) throw notReleased(address, `it is still bound to ${after?.driver}`);
  }
  // What was read at first may have been wrong by now: this is what the answer stands for.
  const after = await readVfioBinding(sys, address);
  const left = [after?.driver, after?.override].filter(isVfioDriver);
  if (left.length > 0) throw notReleased(address, `${left[0]} still has it`);
  if (after !== undefined && after.driver === undefined) await sys.write(pciProbe, address);
}

function notReleased(address: string, why: string): DriverError {
  return new DriverError('hardware', `${address} was not given back: ${why}`, { device: address });
}
