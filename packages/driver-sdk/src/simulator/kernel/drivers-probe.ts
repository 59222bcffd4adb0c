import { probeDrivers } from './attach-driver.ts';
import { requireFunction } from './find-function.ts';
import { type KernelRule, withoutNewline } from './kernel-rule.ts';

/** `drivers_probe`: succeeds whether or not a driver takes the function (drivers/base/bus.c, drivers_probe_store). */
export const driversProbe: KernelRule = {
  pattern: /^\/sys\/bus\/pci\/drivers_probe$/,
  apply(kernel, text) {
    probeDrivers(kernel, requireFunction(kernel, withoutNewline(text)));
  },
};
