import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Agent, MockAgent } from 'undici';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { noAuth } from '../auth/no-auth.ts';
import { createSession } from '../session.ts';
import type { SessionOptions } from '../session-options.ts';
import { proxiesFrom } from './proxies.ts';

const run = promisify(execFile);
const missing = spawnSync('openssl', ['version']).status === 0 ? undefined : 'openssl is not installed';
const orSkipped = missing === undefined ? '' : ` (skipped: ${missing})`;

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A call to an address, with a session that is closed when the test is over. */
async function call(endpoint: string, options: Partial<SessionOptions> = {}) {
  const retry = { retries: 0, backoff: { baseMs: 1, capMs: 1 }, retryAfterCapMs: 0 };
  const session = createSession({ auth: noAuth({ endpoint, token: 'secret' }), retry, ...options });
  onTestFinished(() => session.close());
  return session.request({ service: 'placement', method: 'GET', path: '/things' });
}

describe('proxies', () => {
  it('are those of the environment, lower case first', () => {
    const env = { HTTP_PROXY: 'http://a', http_proxy: 'http://b', HTTPS_PROXY: 'http://c', NO_PROXY: 'x,y' };
    expect(proxiesFrom(env)).toEqual({ http: 'http://b', https: 'http://c', except: 'x,y' });
    expect(proxiesFrom({ ALL_PROXY: 'http://d', https_proxy: '' })).toEqual({
      http: 'http://d',
      https: 'http://d',
      except: undefined,
    });
  });

  /** A proxy that answers plain requests itself and notes what it was asked. */
  async function aProxy() {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
      response.setHeader('content-type', 'application/json');
      response.end('{"by":"proxy"}');
    });
    return { server, asked, port: await listen(server) };
  }

  it('carry calls to other hosts, and none to exceptions and loopback', async () => {
    const { asked, port } = await aProxy();
    const proxies = { http: `http://user:pw@127.0.0.1:${port}`, except: 'direct.invalid' };
    const { body } = await call('http://placement.invalid/p', { proxies });
    expect(body).toEqual({ by: 'proxy' });
    expect(asked).toEqual([
      `GET http://placement.invalid/p/things Basic ${Buffer.from('user:pw').toString('base64')}`,
    ]);
    await expect(call('http://direct.invalid', { proxies })).rejects.toMatchObject({
      code: 'session.unreachable',
    });
    const own = createServer((_, response) => response.end());
    await call(`http://127.0.0.1:${await listen(own)}`, { proxies });
    expect(asked).toHaveLength(1);
  });

  it.skipIf(missing)(
    `carry calls over TLS through a tunnel, so that they never see the token${orSkipped}`,
    async () => {
      const tunnels: string[] = [];
      const target = createTlsServer(await pem('server'), (request, response) =>
        response.end(String(request.headers['x-auth-token'])),
      );
      const targetPort = await listen(target);
      const proxy = createServer();
      proxy.on('connect', (request, socket) => {
        tunnels.push(`${request.url} ${JSON.stringify(request.headers)}`);
        const onward = connect(targetPort, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          onward.pipe(socket).pipe(onward);
        });
        for (const end of [onward, socket]) end.on('error', () => {});
      });
      const proxies = { https: `http://127.0.0.1:${await listen(proxy)}` };
      const { cert: ca } = await pem('server');
      const { body } = await call('https://placement.invalid', { proxies, tls: { ca } });
      expect(body).toBe('secret');
      expect(tunnels).toHaveLength(1);
      expect(tunnels[0]).toMatch(/^placement\.invalid:443 /);
      expect(tunnels[0]).not.toContain('secret');
    },
  );
});

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-tls-'));
  if (missing !== undefined) return;
  for (const name of ['server', 'client'])
    await run('openssl', [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:placement.invalid'],
      ...['-keyout', join(directory, `${name}.key`), '-out', join(directory, `${name}.crt`)],
    ]);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function pem(name: string) {
  const read = (end: string) => readFile(join(directory, `${name}.${end}`), 'utf8');
  const [cert, key] = await Promise.all([read('crt'), read('key')]);
  return { cert, key };
}

describe.skipIf(missing)(`TLS${orSkipped}`, () => {
  it('is refused without the authority, accepted with it, and with insecure', async () => {
    const server = createTlsServer(await pem('server'), (_, response) => response.end('in'));
    const url = `https://127.0.0.1:${await listen(server)}`;
    await expect(call(url)).rejects.toMatchObject({
      code: 'session.unreachable',
      message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
    });
    const { cert: ca } = await pem('server');
    expect((await call(url, { tls: { ca } })).body).toBe('in');
    expect((await call(url, { tls: { rejectUnauthorized: false } })).body).toBe('in');
  });

  it('shows the certificate of the client', async () => {
    const client = await pem('client');
    const options = { ...(await pem('server')), requestCert: true, ca: client.cert };
    const server = createTlsServer(options, (_, response) => response.end('in'));
    const url = `https://127.0.0.1:${await listen(server)}`;
    const { cert: ca } = await pem('server');
    await expect(call(url, { tls: { ca } })).rejects.toMatchObject({ code: 'session.unreachable' });
    expect((await call(url, { tls: { ca, ...client } })).body).toBe('in');
  });
});

describe('dispatcher', () => {
  it('may be another one, which the session leaves open', async () => {
    const mock = new MockAgent();
    mock.get('http://placement.invalid').intercept({ path: '/things' }).reply(200, 'mocked');
    expect((await call('http://placement.invalid', { dispatcher: mock })).body).toBe('mocked');
    const agent = new Agent();
    const session = createSession({ auth: noAuth({}), dispatcher: agent });
    await session.close();
    expect(agent.closed).toBe(false);
    await Promise.all([mock.close(), agent.close()]);
  });
});
