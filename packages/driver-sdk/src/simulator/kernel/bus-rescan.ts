import { addFunction } from './add-function.ts';
import { pciDevices } from './find-function.ts';
import type { Kernel } from './kernel.ts';
import { functionDirectory, type KernelRule, kernelNumber } from './kernel-rule.ts';

/** `/sys/bus/pci/rescan` and a function's `rescan`: find what is plugged and not known; both look everywhere. */
export const busRescan: KernelRule = {
  pattern: new RegExp(`^(/sys/bus/pci|${functionDirectory})/rescan$`),
  apply(kernel, text) {
    if (kernelNumber(text) > 0) rescanBus(kernel);
  },
};

/** Adds the functions of plugged cards that are not in the tree, bridges as they come in the list. */
export function rescanBus(kernel: Kernel): void {
  for (const { plugged, functions } of kernel.state.cards) {
    for (const spec of plugged ? functions : []) {
      if (!kernel.tree.has(`${pciDevices}/${spec.address}`)) addFunction(kernel, { spec, probe: true });
    }
  }
}
