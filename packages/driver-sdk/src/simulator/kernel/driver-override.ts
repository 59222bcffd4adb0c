import { KernelError } from './kernel.ts';
import { functionDirectory, type KernelRule, withoutNewline } from './kernel-rule.ts';

/** `driver_override`: drivers/base/driver.c, driver_set_override. A newline alone clears it. */
export const driverOverride: KernelRule = {
  pattern: new RegExp(`^${functionDirectory}/driver_override$`),
  apply({ tree }, text, { directory = '' }) {
    if (text.length >= 4095) throw new KernelError('EINVAL', 'longer than a page');
    const driver = withoutNewline(text);
    tree.write(`${directory}/driver_override`, `${driver === '' ? '(null)' : driver}\n`);
  },
};
