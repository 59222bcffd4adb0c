import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from './free-port.ts';

it('a free port can be listened on', async () => {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
});

it('free ports are none that the system gives to those who ask for any', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  const given = await Promise.all(Array.from({ length: 50 }, anyPort));
  expect(Math.max(...ports)).toBeLessThan(Math.min(...given));
});

async function anyPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  server.close();
  return port;
}
