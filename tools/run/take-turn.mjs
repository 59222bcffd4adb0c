import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/**
 * Waits until no other command installs or builds in this place; `say` is called once when there is one. Resolves to
 * what ends the turn; the end of the process does so too.
 *
 * Who has the turn listens on a socket with the place's name, and who waits for it is connected to that: the system
 * takes both away with a process, however it ends.
 */
export async function takeTurn(workplace, say = console.error) {
  const address = addressOf(workplace.root);
  for (let said = false; ; ) {
    const turn = await listen(address);
    if (turn !== undefined) return turn;
    if (!said) say('Another command is installing or building here; going on after it.');
    said = true;
    await waitForEnd(address);
  }
}

/** Resolves to what ends the turn, or to undefined when another process has it. */
async function listen(address) {
  const waiting = new Set();
  const server = createServer((socket) => {
    waiting.add(socket.on('error', () => {}).unref());
    socket.on('close', () => waiting.delete(socket));
  });
  server.listen(address);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.unref();
  return () => {
    server.close();
    for (const socket of waiting) socket.destroy();
  };
}

/** Resolves when the other's turn is over. */
async function waitForEnd(address) {
  const socket = connect(address);
  try {
    await once(socket, 'connect');
    socket.resume();
    await once(socket, 'close');
  } catch (error) {
    // It ended in between, or was killed and has left its file.
    if (isFile && error.code === 'ECONNREFUSED') rmSync(address, { force: true });
    else await setTimeout(50);
  }
}

/** Linux and Windows have names for sockets that are no files, and so never outlive their process. */
const isFile = !['linux', 'win32'].includes(process.platform);

function addressOf(root) {
  const name = `cyborg-${createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 16)}`;
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), name);
}
