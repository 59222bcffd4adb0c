import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { missingOpenstack } from './openstack/find-openstack.ts';
import { createNovaUser, type NovaUser } from './openstack/nova-user.ts';
import { type Openstack, startOpenstack } from './openstack/start-openstack.ts';
import { type RunningService, startService } from './running-service.ts';

const missing = await missingOpenstack();
const name = `servers of Nova${missing === undefined ? '' : ` (skipped: ${missing})`}`;
/** A whole cloud on one machine that may be busy. */
const slow = { timeout: 300_000 };

describe.skipIf(missing !== undefined)(name, () => {
  let cloud: Openstack;
  let service: RunningService;
  let directory: string;
  let nova: NovaUser;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cyborg-nova-'));
    cloud = await startOpenstack();
    const { keystoneUrl: authUrl, password, computeHosts } = cloud;
    const login = { authUrl, username: 'openstack', password };
    service = await startService({
      stateDir: directory,
      api: {
        listen: { host: '127.0.0.1', port: cloud.acceleratorPort },
        auth: { kind: 'keystone', ...login },
        requestsPerMinute: 100_000,
      },
      nova: { auth: { kind: 'password', interface: 'public', ...login } },
      placement: { auth: { kind: 'password', interface: 'public', ...login }, createRoot: false },
      agent: {
        drivers: [
          { package: '@cyborgjs/driver-gpu' },
          {
            package: '@cyborgjs/driver-pci',
            config: { devices: [{ vendor: '8086', class: '0200', resourceClass: 'CUSTOM_NIC' }] },
          },
        ],
        hosts: computeHosts.map((host) => ({
          name: host,
          machine: { kind: 'simulated', root: join(directory, host) },
        })),
      },
    });
    nova = createNovaUser(cloud);
    await nova.openDevices(6, { CUSTOM_NIC: 16 });
    await nova.raiseQuota();
    await nova.makeFlavor('one', [{ 'resources:CUSTOM_NIC': '1' }]);
    await nova.makeFlavor('two', [{ 'resources:CUSTOM_NIC': '1' }, { 'resources:PGPU': '1' }]);
    await nova.makeFlavor('eight', [{ 'resources:CUSTOM_NIC': '7' }, { 'resources:PGPU': '1' }]);
  }, 1_200_000);
  afterEach(async () => {
    await nova.removeServers();
  }, 300_000);
  afterAll(async () => {
    await service?.stop();
    await nova?.close();
    await cloud?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 120_000);

  it.each([
    ['one', 1, { CUSTOM_NIC: 15, PGPU: 4 }],
    ['two', 2, { CUSTOM_NIC: 15, PGPU: 3 }],
    ['eight', 8, { CUSTOM_NIC: 9, PGPU: 3 }],
  ])(
    'of flavor %s get %i accelerators, which are free again when they are gone',
    slow,
    async (flavor, count, left) => {
      const id = await nova.boot(flavor);
      expect(await nova.settled(id)).toBe('ACTIVE');
      const bound = await nova.arqs();
      expect(bound).toHaveLength(count);
      for (const arq of bound) expect(arq).toMatchObject({ state: 'Bound', instance_uuid: id });
      expect(new Set(bound.map((arq) => arq.attach_handle_uuid)).size).toBe(count);
      expect(new Set(bound.map((arq) => arq.hostname)).size).toBe(1);
      expect(await nova.free()).toEqual(left);
      await nova.removeServers();
      expect(await nova.free()).toEqual({ CUSTOM_NIC: 16, PGPU: 4 });
    },
  );

  it('are as many as there are accelerators, when more are asked for at once', slow, async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => nova.boot('one')));
    const statuses = await Promise.all(ids.map(nova.settled));
    expect(
      statuses.filter((status) => status === 'ACTIVE'),
      await nova.faultsOf(ids),
    ).toHaveLength(16);
    expect(statuses.filter((status) => status === 'ERROR')).toHaveLength(4);
    const bound = await nova.arqs();
    expect(bound.map(({ state }) => state)).toEqual(Array.from({ length: 16 }, () => 'Bound'));
    expect(new Set(bound.map((arq) => arq.attach_handle_uuid)).size).toBe(16);
    expect((await nova.free()).CUSTOM_NIC).toBe(0);
    await nova.removeServers();
    expect(await nova.free()).toEqual({ CUSTOM_NIC: 16, PGPU: 4 });
  });
});
