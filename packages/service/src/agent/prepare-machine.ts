import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the tree of a simulated machine that is not there yet: a server to look around in. */
export async function prepareMachine(
  machine: { readonly kind: 'real' } | { readonly kind: 'simulated'; readonly root: string },
): Promise<void> {
  if (machine.kind === 'real' || existsSync(machine.root)) return;
  const { simulatedServer } = await import('@cyborgjs/driver-sdk/simulator');
  mkdirSync(dirname(machine.root), { recursive: true });
  simulatedServer(machine.root);
}
