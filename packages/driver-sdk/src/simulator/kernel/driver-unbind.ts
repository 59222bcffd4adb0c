import { detachDriver } from './detach-driver.ts';
import { driverOf, requireFunction } from './find-function.ts';
import { KernelError } from './kernel.ts';
import { type KernelRule, withoutNewline } from './kernel-rule.ts';

/** `drivers/<driver>/unbind`: drivers/base/bus.c, unbind_store. */
export const driverUnbind: KernelRule = {
  pattern: /^\/sys\/bus\/pci\/drivers\/(?<driver>[^/]+)\/unbind$/,
  apply(kernel, text, { driver = '' }) {
    const present = requireFunction(kernel, withoutNewline(text));
    if (driverOf(kernel, present) !== driver) throw new KernelError('ENODEV', `it is not bound to ${driver}`);
    detachDriver(kernel, present);
  },
};
