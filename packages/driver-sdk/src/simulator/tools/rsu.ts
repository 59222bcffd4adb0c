import { findFunction } from '../kernel/find-function.ts';
import { isHeld } from '../kernel/is-held.ts';
import { loadFlash } from '../load-flash.ts';
import { failedWith, printed, type SimulatedTool } from './simulated-tool.ts';

/**
 * OPAE's tool that has a card load its flash: `rsu fpga <address>`. The card leaves the bus and comes back, and what
 * was programmed into its region is gone. Cut off before that, it has done nothing (messages and exit statuses: OPAE SDK,
 * opae.admin).
 */
export const rsu: SimulatedTool = (kernel, [type = '', address = '']) => {
  const present = findFunction(kernel, address);
  if (type !== 'fpga') return failedWith(64, `rsu: error: argument type: invalid choice: '${type}'\n`);
  if (present === undefined)
    return failedWith(1, `PCIe address (${address}) is invalid or does not identify a compatible device\n`);
  if (isHeld(kernel.state, address)) return failedWith(74, 'RSU operation failed\n');
  return {
    ...printed('2026-09-07 10:27:00,000 - performing RSU operation\n'),
    finish: (later) => {
      loadFlash(later, address);
      return printed('2026-09-07 10:27:12,000 - RSU operation complete\n');
    },
  };
};
