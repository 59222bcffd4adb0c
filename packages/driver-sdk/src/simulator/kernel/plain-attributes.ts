import { functionDirectory, type KernelRule, withoutNewline } from './kernel-rule.ts';

/** Attributes that keep what is written and do nothing with it at once. */
export const plainAttributes: KernelRule = {
  pattern: new RegExp(
    `^(?<file>/sys/bus/pci/drivers_autoprobe|${functionDirectory}/(sriov_drivers_autoprobe|numa_node|msi_bus|enable|power/control))$`,
  ),
  apply({ tree }, text, { file = '' }) {
    tree.write(file, `${withoutNewline(text)}\n`);
  },
};
