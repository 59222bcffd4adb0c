import { DriverError } from '../driver-error.ts';
import { errnoOf } from '../machine/driver-error-from-errno.ts';
import type { Machine } from '../machine.ts';
import type { PciFunction } from './pci-function.ts';
import { readPciFunction } from './read-pci-function.ts';
import { requireFunction } from './require-function.ts';
import { functionPath } from './sysfs-paths.ts';
import { statusVfio } from './vfio-binding.ts';

/** How many virtual functions there are to be, and whether that is only planned: what then shows is not looked at. */
export interface PlannedVfCount {
  readonly count: number;
  readonly dryRun: boolean;
}

/**
 * Gives a physical function so many virtual functions, and returns it as it then is; the count that it already
 * has is not written. The kernel changes counts by way of none, so nothing is changed while a virtual function is
 * handed out (`in_use`, naming it).
 *
 * @param wanted 0 to the function's limit
 */
export async function setVfCount(
  sys: Machine,
  address: string,
  wanted: number | PlannedVfCount,
): Promise<PciFunction> {
  const { count, dryRun } = typeof wanted === 'number' ? { count: wanted, dryRun: false } : wanted;
  const before = await requirePhysical(sys, address);
  const { totalVfs, numVfs } = before.sriov;
  if (!Number.isInteger(count) || count < 0 || count > totalVfs) {
    throw new DriverError('invalid', `${address} can have 0 to ${totalVfs} virtual functions, not ${count}`, {
      device: address,
    });
  }
  // A count that reads as none while there are some was misread.
  if (numVfs === count && (count > 0 || before.virtfns.length === 0)) return before;
  await requireUnused(sys, before);
  if (numVfs > 0) await writeCount(sys, address, 0);
  if (count > 0) await writeCount(sys, address, count);
  if (dryRun) return before;
  const after = await requirePhysical(sys, address);
  if (after.sriov.numVfs === count && after.virtfns.length === count) return after;
  throw new DriverError('hardware', `${address} has ${after.sriov.numVfs} virtual functions, not ${count}`, {
    device: address,
    hint: 'Its driver enabled what it could; the kernel log says why.',
  });
}

type Physical = PciFunction & { readonly sriov: NonNullable<PciFunction['sriov']> };

async function requirePhysical(sys: Machine, address: string): Promise<Physical> {
  const fn = await readPciFunction(sys, requireFunction(address));
  if (fn === undefined)
    throw new DriverError('not_found', `there is no PCI function ${address}`, { device: address });
  if (fn.sriov !== undefined) return { ...fn, sriov: fn.sriov };
  throw new DriverError('unsupported', `${address} has no SR-IOV`, {
    device: address,
    hint: 'Some cards and firmwares hide it until it is turned on in their setup.',
  });
}

async function requireUnused(sys: Machine, { address, virtfns }: PciFunction): Promise<void> {
  for (const virtfn of virtfns) {
    if ((await statusVfio(sys, virtfn)) === 'detached') continue;
    throw new DriverError('in_use', `virtual function ${virtfn} of ${address} is handed out`, {
      device: address,
      hint: 'Detach it first: its consumer would lose it.',
    });
  }
}

async function writeCount(sys: Machine, address: string, count: number): Promise<void> {
  try {
    await sys.write(`${functionPath(address)}/sriov_numvfs`, `${count}`);
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw cause;
    throw new DriverError('unsupported', `${address} has no driver that can enable virtual functions`, {
      device: address,
      hint: 'Bind its own driver; some need a licence or a tool of the vendor.',
      cause,
    });
  }
}
