import Fastify from 'fastify';
import { afterAll, describe, expect, it } from 'vitest';
import { listenAt } from './listen-at.ts';

const first = Fastify();
const second = Fastify();
afterAll(() => Promise.all([first.close(), second.close()]));

describe('listening', () => {
  it('gives the address, with the port that was free', async () => {
    expect(await listenAt(first, { host: '127.0.0.1', port: 0 })).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('says what to do when the port is taken or the address is not ours', async () => {
    const { port } = first.addresses()[0] as { port: number };
    await expect(listenAt(second, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'listen.failed',
      message: `api.listen 127.0.0.1:${port}: another process listens there; stop it or give another address with --listen host:port`,
    });
    await expect(listenAt(Fastify(), { host: '203.0.113.1', port: 0 })).rejects.toMatchObject({
      code: 'listen.failed',
    });
  });
});
