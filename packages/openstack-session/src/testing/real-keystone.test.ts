import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from './free-port.ts';
import { findRealKeystone, startRealKeystone } from './real-keystone.ts';
import { launchWsgi } from './wsgi-server.ts';

const isInstalled = await access('/usr/bin/keystone-wsgi-public').then(
  () => true,
  () => false,
);

describe('a real Keystone', () => {
  it('is the one that the environment names, and is left alone', async () => {
    const found = await findRealKeystone({
      CYBORG_TEST_KEYSTONE_URL: 'http://controller:5000/v3/',
      CYBORG_TEST_KEYSTONE_PASSWORD: 'pw',
    });
    expect(found).toEqual({ kind: 'running', url: 'http://controller:5000', adminPassword: 'pw' });
    const keystone = await startRealKeystone(found);
    expect(keystone).toMatchObject({ url: 'http://controller:5000', adminPassword: 'pw' });
    expect(keystone.withTokenLifetime).toBeUndefined();
    await keystone.stop();
  });

  it.skipIf(isInstalled)(
    'is demanded where backends are required (skipped where one is installed)',
    async () => {
      expect(await findRealKeystone({})).toBeUndefined();
      await expect(findRealKeystone({ CYBORG_REQUIRE_BACKENDS: '1' })).rejects.toThrow(/python3-keystone/);
    },
  );
});

describe('a WSGI server', () => {
  it('that does not start says what it said', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cyborg-wsgi-'));
    const port = await freePort();
    const application = { name: 'Keystone', uwsgi: '/bin/false', script: '/none', dir, port, env: {} };
    await expect(launchWsgi(application)).rejects.toThrow(
      `Keystone did not start on http://127.0.0.1:${port}`,
    );
    await rm(dir, { recursive: true });
  });
});
