import { functionDirectory, type KernelRule, kernelNumber } from './kernel-rule.ts';
import { removeMdev } from './mediated-devices.ts';

/** `remove` of a mediated device. */
export const mdevRemove: KernelRule = {
  pattern: new RegExp(`^${functionDirectory}/(?<uuid>[0-9a-f]{8}-[0-9a-f-]{27})/remove$`),
  apply(kernel, text, { uuid = '' }) {
    if (kernelNumber(text) > 0) removeMdev(kernel, uuid);
  },
};
