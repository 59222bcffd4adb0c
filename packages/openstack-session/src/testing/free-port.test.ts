import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from './free-port.ts';

it('a free port can be listened on', async () => {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
});

it('a free port is none that the system gives to whoever connects to somewhere meanwhile', async () => {
  const port = await freePort();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const given = (server.address() as { port: number }).port;
  const client = connect(given, '127.0.0.1');
  await once(client, 'connect');
  expect(port).toBeLessThan(Math.min(given, client.localPort ?? 0));
  client.destroy();
  server.close();
});
