import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the tree of a simulated machine that is not there yet: a server to look around in, its identities made up from the host's name. */
export async function prepareMachine(
  name: string,
  machine: { readonly kind: 'real' } | { readonly kind: 'simulated'; readonly root: string },
): Promise<void> {
  if (machine.kind === 'real' || existsSync(machine.root)) return;
  const { simulatedServer } = await import('@cyborgjs/driver-sdk/simulator');
  mkdirSync(dirname(machine.root), { recursive: true });
  simulatedServer(machine.root, name);
}
