import { attachDriver } from './attach-driver.ts';
import { driverOf, requireFunction } from './find-function.ts';
import { KernelError } from './kernel.ts';
import { type KernelRule, withoutNewline } from './kernel-rule.ts';
import { matches, probeError } from './match-driver.ts';

/** `drivers/<driver>/bind`: drivers/base/bus.c, bind_store. */
export const driverBind: KernelRule = {
  pattern: /^\/sys\/bus\/pci\/drivers\/(?<driver>[^/]+)\/bind$/,
  apply(kernel, text, { driver = '' }) {
    const present = requireFunction(kernel, withoutNewline(text));
    if (!matches(kernel, present, driver)) throw new KernelError('ENODEV', `${driver} does not match`);
    if (driverOf(kernel, present) !== undefined) throw new KernelError('EBUSY', 'it has a driver');
    const errno = probeError(kernel, present, driver);
    if (errno !== undefined) throw new KernelError(errno, `the probe of ${driver} failed`);
    attachDriver(kernel, present, driver);
  },
};
