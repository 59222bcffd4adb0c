import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The id of the running boot: what was read of addresses and binds before a reboot means nothing after it.
 * Linux: `/proc/sys/kernel/random/boot_id`. Without one, each start counts as a boot.
 */
export function bootIdOf(
  machine: { readonly kind: 'real' } | { readonly kind: 'simulated'; readonly root: string },
  newId: () => string,
): string {
  const root = machine.kind === 'real' ? '/' : machine.root;
  try {
    return readFileSync(join(root, 'proc/sys/kernel/random/boot_id'), 'utf8').trim();
  } catch {
    return newId();
  }
}
