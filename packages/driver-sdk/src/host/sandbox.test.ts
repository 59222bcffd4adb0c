import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attachRequest, fixturePackage, hostOf, runningHostOf } from '../../test/host-bench.ts';
import type { DriverHostOptions } from './driver-host.ts';

const canChangeUser = process.getuid?.() === 0 && existsSync('/usr/bin/setpriv');

async function trialsOf(options: Partial<DriverHostOptions>): Promise<Readonly<Record<string, string>>> {
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { host, root } = await runningHostOf('hostile', options);
  chmodSync(root, 0o755);
  const { info } = await host.call('attach', {
    ...attachRequest(),
    options: { root, port: String(port) },
  });
  return info;
}

describe('a driver that goes past the seam', () => {
  const keptIn = {
    'write a file': 'ERR_ACCESS_DENIED',
    'make a link': 'ERR_ACCESS_DENIED',
    'read a password file': 'ERR_ACCESS_DENIED',
    'read what the manifest names': 'done',
    'start a process': 'ERR_ACCESS_DENIED',
    'start a thread': 'ERR_ACCESS_DENIED',
    'load an addon': 'ERR_DLOPEN_DISABLED',
    'signal its host': 'done',
    'open a connection': 'done',
    'write by the seam': 'done',
    'write elsewhere by the seam': 'denied',
  };

  it("is kept in by Node's permissions, but not from the network and from signals", async () => {
    expect(await trialsOf({})).toEqual(keptIn);
  });

  it('may load addons, and nothing else, when its manifest says that it does', async () => {
    const hostile = fixturePackage('hostile');
    const permissions = { ...hostile.manifest.permissions, native: true };
    const trials = await trialsOf({
      package: { ...hostile, manifest: { ...hostile.manifest, permissions } },
    });
    expect(trials).toEqual({ ...keptIn, 'load an addon': 'ERR_DLOPEN_FAILED' });
  });

  it('reads nothing at all of the machine when its seam is remote', async () => {
    const trials = await trialsOf({ seam: 'remote' });
    expect(trials).toEqual({ ...keptIn, 'read what the manifest names': 'ERR_ACCESS_DENIED' });
  });

  it.skipIf(!canChangeUser)('is held by the kernel as another user (needs root and setpriv)', async () => {
    const sandbox = { nodePermissions: false, user: 'nobody' };
    expect(await trialsOf({ sandbox })).toMatchObject({
      'write a file': 'EACCES',
      'make a link': 'EACCES',
      'read a password file': 'EACCES',
      'read what the manifest names': 'done',
      'start a process': 'done',
      'signal its host': 'EPERM',
      'open a connection': 'done',
      'write by the seam': 'done',
      'write elsewhere by the seam': 'denied',
    });
  });

  it('is told to name what it imports', async () => {
    const stranger = mkdtempSync(join(tmpdir(), 'stranger-'));
    onTestFinished(() => rmSync(stranger, { recursive: true }));
    writeFileSync(join(stranger, 'index.mjs'), 'export default 1;');
    const hostile = fixturePackage('hostile');
    const entryFile = join(stranger, 'index.mjs');
    const { host } = hostOf('hostile', { package: { ...hostile, entryFile } });
    await host.start();
    expect(host.status()).toMatchObject({
      state: 'stopped',
      failure: {
        code: 'invalid',
        message: expect.stringContaining(`cannot be loaded: it may not read ${entryFile}`),
        hint: 'Name the package that this is a part of in the dependencies of the driver.',
      },
    });
  });

  it('is not started as a user that does not exist', async () => {
    const { host } = hostOf('hostile', { sandbox: { user: 'no-such-user' } });
    await host.start();
    expect(host.status()).toMatchObject({
      state: 'stopped',
      failure: {
        code: 'invalid',
        message: 'no process can be started as user no-such-user: there is no such user',
      },
    });
  });
});
