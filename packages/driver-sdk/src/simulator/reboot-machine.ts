import { createHash } from 'node:crypto';
import { addFunction } from './kernel/add-function.ts';
import { removeFunction } from './kernel/detach-driver.ts';
import { findFunction } from './kernel/find-function.ts';
import type { Kernel } from './kernel/kernel.ts';
import { setMigState } from './kernel/nvidia-instances.ts';
import { takeFlash } from './load-flash.ts';

/** The path and text of the id that each boot has of its own, made up from the seed. */
export function bootIdFile(seed: string, reboots: number): [path: string, text: string] {
  const digits = createHash('sha256')
    .update(reboots === 0 ? seed : `${seed} ${reboots}`)
    .digest('hex')
    .slice(0, 32);
  return [
    '/proc/sys/kernel/random/boot_id',
    `${digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}\n`,
  ];
}

/**
 * Starts a simulated host anew: processes, overrides, virtual functions, mediated devices, what GPUs were cut into and
 * the kernel log are gone; cards load what was flashed, and every function is probed by its drivers. MIG stays on where
 * the board keeps it.
 */
export function rebootMachine(kernel: Kernel): void {
  for (const { pid } of kernel.state.processes) kernel.tree.remove(`/proc/${pid}`);
  kernel.update({ held: [], processes: [], kernelLog: [], reboots: kernel.state.reboots + 1 });
  const plugged = kernel.state.cards.filter((card) => card.plugged);
  for (const { functions } of plugged.toReversed())
    for (const { address } of functions.toReversed()) {
      const present = findFunction(kernel, address);
      if (present !== undefined) removeFunction(kernel, present);
    }
  for (const card of kernel.state.cards.filter(
    ({ facts }) => facts.migNeedsReset === 'false' && facts.mig === 'Enabled',
  ))
    setMigState(kernel, card, { mig: 'Disabled', migPending: 'Disabled' });
  for (const { functions } of plugged)
    for (const { address } of functions.slice(0, 1)) takeFlash(kernel, address);
  for (const { plugged: isPlugged, functions } of kernel.state.cards)
    for (const spec of isPlugged ? functions : []) addFunction(kernel, { spec, probe: true });
  const [path, text] = bootIdFile(kernel.state.seed, kernel.state.reboots);
  kernel.tree.write(path, text);
}
