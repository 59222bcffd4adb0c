import { removeFunction } from './detach-driver.ts';
import { requireFunction } from './find-function.ts';
import { functionDirectory, type KernelRule, kernelNumber } from './kernel-rule.ts';

/** `remove`: takes the function off the bus until a rescan finds it again. */
export const functionRemove: KernelRule = {
  pattern: new RegExp(`^${functionDirectory}/remove$`),
  apply(kernel, text, { address = '' }) {
    if (kernelNumber(text) > 0) removeFunction(kernel, requireFunction(kernel, address));
  },
};
