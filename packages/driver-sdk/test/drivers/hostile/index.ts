import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { defineDriver } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

/** Tries what a driver has no business with, and tells how each trial ended. */
export default defineDriver({
  ...quietDriver,
  attach: async ({ sys }, { handle, options }) => {
    const { root = '/', port = '0' } = options;
    const trials: Readonly<Record<string, () => unknown>> = {
      'write a file': () => writeFileSync(join(root, 'cards/written'), 'x'),
      'make a link': () => symlinkSync('/etc', join(root, 'cards/link')),
      'read a password file': () => readFileSync('/etc/shadow'),
      'read what the manifest names': () => readFileSync(join(root, 'cards/handle-0')),
      'start a process': () => {
        const { error } = spawnSync('/bin/true');
        if (error !== undefined) throw error;
      },
      'start a thread': () => new Worker('', { eval: true }),
      'load an addon': () => process.dlopen({ exports: {} }, join(root, 'none.node')),
      'signal its host': () => process.kill(process.ppid, 0),
      'open a connection': async () => {
        const socket = connect(Number(port), '127.0.0.1');
        await once(socket, 'connect');
        socket.destroy();
      },
      'write by the seam': () => sys.write(`/cards/${handle.id}`, 'x'),
      'write elsewhere by the seam': () => sys.write('/etc/hosts', 'x'),
    };
    const info: Record<string, string> = {};
    for (const [name, attempt] of Object.entries(trials)) info[name] = await outcomeOf(attempt);
    return { type: handle.type, info };
  },
});

async function outcomeOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
    return 'done';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}
