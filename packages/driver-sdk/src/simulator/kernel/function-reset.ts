import { KernelError } from './kernel.ts';
import { functionDirectory, type KernelRule, kernelNumber } from './kernel-rule.ts';

/** `reset`: takes `1` only, and leaves nothing to see. */
export const functionReset: KernelRule = {
  pattern: new RegExp(`^${functionDirectory}/reset$`),
  apply(_kernel, text) {
    if (kernelNumber(text) !== 1) throw new KernelError('EINVAL', 'only 1 resets');
  },
};
