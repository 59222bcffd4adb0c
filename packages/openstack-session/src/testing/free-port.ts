import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below what Linux (32768 on), the BSDs and Windows (49152 on) give to whoever asks for any port: a port from there
// would be taken by the next connection to anywhere before its server listens.
const [lowest, end] = [20_000, 32_768];
const attempts = 100;

/** A TCP port of loopback that nobody listens on, and that the system gives to nobody who did not ask for it. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(lowest, end);
    if (await isFree(port)) return port;
  }
  throw new Error(`no TCP port between ${lowest} and ${end} was free on 127.0.0.1 in ${attempts} attempts`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
