import { disableVirtualFunctions } from './detach-driver.ts';
import { enableVirtualFunctions } from './enable-virtual-functions.ts';
import { driverOf, requireFunction } from './find-function.ts';
import { KernelError } from './kernel.ts';
import { functionDirectory, type KernelRule, kernelNumber } from './kernel-rule.ts';
import { isVfioDriver } from './vfio-nodes.ts';

/** `sriov_numvfs`: drivers/pci/iov.c, sriov_numvfs_store; the checks are in its order. */
export const sriovNumVfs: KernelRule = {
  pattern: new RegExp(`^${functionDirectory}/sriov_numvfs$`),
  apply(kernel, text, { address = '' }) {
    const wanted = kernelNumber(text);
    // Read as a number of 16 bits: what does not fit is no number.
    if (wanted > 0xffff) throw new KernelError('EINVAL', `${wanted} does not fit`);
    const present = requireFunction(kernel, address);
    const { sriov } = present.spec;
    if (sriov === null || wanted > sriov.totalVfs) {
      throw new KernelError('ERANGE', `more than ${sriov?.totalVfs ?? 0}`);
    }
    const enabled = Number(kernel.tree.read(`${present.directory}/sriov_numvfs`));
    if (wanted === enabled) return;
    const driver = driverOf(kernel, present);
    if (driver === undefined || isVfioDriver(driver) || !sriov.configurable) {
      throw new KernelError('ENOENT', 'no driver that can enable functions');
    }
    if (wanted > 0 && enabled > 0) throw new KernelError('EBUSY', 'disable them first');
    if (wanted === 0) disableVirtualFunctions(kernel, present);
    else enableVirtualFunctions(kernel, present, Math.min(wanted, sriov.driverLimit ?? wanted));
  },
};
