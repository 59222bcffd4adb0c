import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createSession, keystonePassword } from '@cyborgjs/openstack-session';
import {
  findRealKeystone,
  freePort,
  type RunningKeystone,
  startRealKeystone,
} from '@cyborgjs/openstack-session/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { furnishKeystone } from './openstack/furnish-keystone.ts';
import { type RunningService, startService } from './running-service.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const slow = { timeout: 300_000 };
const sdkScript = new URL('./openstack/call-every-accelerator-method.py', import.meta.url).pathname;
const plugin = '/usr/lib/python3/dist-packages/cyborgclient';
const missing = await findMissing();

async function findMissing(): Promise<string | undefined> {
  if ((await findRealKeystone())?.kind !== 'installed') return 'python3-keystone is not installed';
  const wanted = ['/usr/bin/openstack', plugin];
  const absent = await Promise.all(
    wanted.map((file) =>
      access(file).then(
        () => false,
        () => true,
      ),
    ),
  );
  return absent.includes(true)
    ? 'python3-openstackclient or python3-cyborgclient is not installed'
    : undefined;
}

/** The clients of the original, as Debian packages them, against ours and a real Keystone. */
describe.skipIf(missing !== undefined)(
  `clients of Cyborg${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let keystone: RunningKeystone;
    let service: RunningService;
    let directory: string;
    let environment: Record<string, string>;

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'cyborg-clients-'));
      keystone = await startRealKeystone();
      const { url, region, adminPassword: password } = keystone;
      const port = await freePort();
      const admin = createSession({
        auth: keystonePassword({ authUrl: url, username: 'admin', password, projectName: 'admin' }),
        endpointOverrides: { identity: `${url}/v3` },
      });
      await furnishKeystone(admin, {
        region,
        password,
        users: { cyborg: { service: ['admin', 'service'] } },
        services: { accelerator: `http://127.0.0.1:${port}/accelerator/v2` },
      }).finally(() => admin.close());
      service = await startService({
        stateDir: directory,
        api: {
          listen: { host: '127.0.0.1', port },
          auth: { kind: 'keystone', authUrl: url, username: 'cyborg', password },
        },
        agent: {
          drivers: [{ package: '@cyborgjs/driver-gpu' }],
          hosts: [{ name: 'compute1', machine: { kind: 'simulated', root: join(directory, 'machine') } }],
        },
      });
      environment = {
        PATH: '/usr/bin:/bin',
        LANG: 'C.UTF-8',
        HOME: directory,
        OS_AUTH_URL: `${url}/v3`,
        OS_IDENTITY_API_VERSION: '3',
        OS_REGION_NAME: region,
        OS_AUTH_TYPE: 'password',
        OS_USERNAME: 'admin',
        OS_PASSWORD: password,
        OS_PROJECT_NAME: 'admin',
        OS_USER_DOMAIN_ID: 'default',
        OS_PROJECT_DOMAIN_ID: 'default',
      };
      await until(
        'two GPUs are found',
        async () => ((await openstack('device', 'list')) as unknown[]).length === 2,
        60_000,
      );
    }, 300_000);
    afterAll(async () => {
      await service?.stop();
      await keystone?.stop();
      rmSync(directory, { recursive: true, force: true });
    }, 60_000);

    async function plain(...args: string[]): Promise<string> {
      const { stdout } = await run('/usr/bin/openstack', ['accelerator', ...args], { env: environment });
      return stdout;
    }
    async function openstack(...args: string[]) {
      return JSON.parse(await plain(...args, '-f', 'json'));
    }

    it('list, show, make and delete by `openstack accelerator`', slow, async () => {
      const [device] = await openstack('device', 'list', '--long');
      expect(await openstack('device', 'show', device.uuid)).toMatchObject({
        uuid: device.uuid,
        type: 'GPU',
      });
      const [deployable] = await openstack('deployable', 'list', '--long');
      expect(await openstack('deployable', 'show', deployable.uuid)).toMatchObject({ uuid: deployable.uuid });
      const groups = JSON.stringify([{ 'resources:PGPU': '1' }]);
      const profile = await openstack('device', 'profile', 'create', 'by-command', groups);
      expect(await openstack('device', 'profile', 'show', profile.uuid)).toMatchObject({
        name: 'by-command',
      });
      expect(await openstack('device', 'profile', 'list')).toHaveLength(1);
      const made = await openstack('arq', 'create', 'by-command');
      expect(await openstack('arq', 'show', made.uuid)).toMatchObject({ state: 'Initial' });
      expect(await openstack('arq', 'list', '--long')).toHaveLength(1);
      await expect(plain('device', 'profile', 'delete', profile.uuid)).rejects.toThrow();
      // Nova alone binds: without its token the client is refused, as with the original.
      await expect(
        plain('arq', 'bind', made.uuid, 'compute1', made.uuid, made.uuid, made.uuid),
      ).rejects.toThrow(/service token/);
      await plain('arq', 'delete', made.uuid);
      await plain('device', 'profile', 'delete', profile.uuid);
      expect(await openstack('arq', 'list')).toEqual([]);
      expect(await openstack('device', 'profile', 'list')).toEqual([]);
    });

    it('call every method of the accelerator proxy of openstacksdk', slow, async () => {
      const { stdout } = await run('/usr/bin/python3', [sdkScript], { env: environment });
      expect(JSON.parse(stdout)).toEqual({
        devices: 2,
        device: 'GPU',
        deployables: 2,
        deployable: true,
        profiles: ['by-sdk'],
        profile: 'by-sdk',
        created: 'Initial',
        requests: 1,
        shown: 'Initial',
        bind: 'This operation requires a service token. Use the Compute API to manage instance accelerators.',
        left: 0,
      });
    });
  },
);
