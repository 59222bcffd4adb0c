import { requireFunction } from './find-function.ts';
import { KernelError } from './kernel.ts';
import { functionDirectory, type KernelRule, withoutNewline } from './kernel-rule.ts';

/** `reset_method`: the ways to try, in order; `default` is all that the function has (drivers/pci/pci.c). */
export const resetMethod: KernelRule = {
  pattern: new RegExp(`^(?<file>${functionDirectory}/reset_method)$`),
  apply(kernel, text, { file = '', address = '' }) {
    const all = requireFunction(kernel, address).spec.resetMethod ?? '';
    const wanted = withoutNewline(text).split(/\s+/).filter(Boolean);
    const order = wanted[0] === 'default' ? all.split(' ') : wanted;
    const unknown = order.find((method) => !all.split(' ').includes(method));
    if (unknown !== undefined) throw new KernelError('EINVAL', `it has no reset by ${unknown}`);
    kernel.tree.write(file, `${order.join(' ')}\n`);
  },
};
