import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSession, keystonePassword, type Session } from '@cyborgjs/openstack-session';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { missingOpenstack } from './openstack/find-openstack.ts';
import { type Openstack, startOpenstack } from './openstack/start-openstack.ts';
import { type RunningService, startService } from './running-service.ts';
import { until } from './until.ts';

const missing = await missingOpenstack();
const name = `servers of Nova${missing === undefined ? '' : ` (skipped: ${missing})`}`;
/** A whole cloud on one machine that may be busy. */
const slow = { timeout: 300_000 };

interface Arq {
  readonly uuid: string;
  readonly state: string;
  readonly instance_uuid: string | null;
  readonly hostname: string | null;
  readonly attach_handle_uuid: string | null;
}
interface Server {
  readonly id: string;
  readonly status: string;
}

describe.skipIf(missing !== undefined)(name, () => {
  let cloud: Openstack;
  let service: RunningService;
  let directory: string;
  const sessions: Session[] = [];

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
    await openDevices();
    await raiseQuota();
    await makeFlavor('one', [{ 'resources:CUSTOM_NIC': '1' }]);
    await makeFlavor('two', [{ 'resources:CUSTOM_NIC': '1' }, { 'resources:PGPU': '1' }]);
    await makeFlavor('eight', [{ 'resources:CUSTOM_NIC': '7' }, { 'resources:PGPU': '1' }]);
  }, 1_200_000);
  afterEach(async () => {
    await removeServers();
  }, 300_000);
  afterAll(async () => {
    await service?.stop();
    await Promise.all(sessions.map((session) => session.close()));
    await cloud?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 120_000);

  type Call = Readonly<{
    service: string;
    method: string;
    path: string;
    body?: unknown;
    microversion?: string;
  }>;
  const ask = async <Body>(call: Call) => (await cloud.admin.request(call)).body as Body;
  const compute = <Body>(method: string, path: string, body?: unknown) =>
    ask<Body>({ service: 'compute', method, path, body, microversion: '2.37' });
  const accelerator = <Body>(method: string, path: string, body?: unknown) =>
    ask<Body>({ service: 'accelerator', method, path, body });
  const arqs = async () => (await accelerator<{ arqs: Arq[] }>('GET', '/accelerator_requests')).arqs;

  async function openDevices(): Promise<void> {
    type Device = { id: string; state: string; host: string };
    const devices = async () => (await ours<{ items: Device[] }>('GET', '/v3/devices')).items;
    await until('both hosts have reported', async () => (await devices()).length === 6, 60_000);
    for (const { id } of await devices()) await ours('POST', `/v3/devices/${id}/ready`);
    await until('Placement shows all of it as free', async () => (await free()).CUSTOM_NIC === 16, 120_000);
  }

  /** Our own API, as `admin`. */
  async function ours<Body>(method: string, path: string): Promise<Body> {
    const endpoint = service.url.replace(/\/$/, '');
    const session = createSession({
      auth: keystonePassword({
        authUrl: cloud.keystoneUrl,
        username: 'admin',
        password: cloud.password,
        projectName: 'admin',
      }),
      endpointOverrides: { accelerator: endpoint },
    });
    sessions.push(session);
    return (await session.request({ service: 'accelerator', method, path })).body as Body;
  }

  async function raiseQuota(): Promise<void> {
    const { id } = (await ask<{ projects: { id: string }[] }>({
      service: 'identity',
      method: 'GET',
      path: '/projects?name=admin',
    }).then(({ projects }) => projects[0])) ?? { id: '' };
    await compute('PUT', `/os-quota-sets/${id}`, { quota_set: { instances: 100, cores: 100 } });
  }

  async function makeFlavor(profile: string, groups: readonly Record<string, string>[]): Promise<void> {
    await accelerator('POST', '/device_profiles', [{ name: profile, groups }]);
    const flavor = { name: profile, id: profile, ram: 64, vcpus: 1, disk: 1 };
    await compute('POST', '/flavors', { flavor });
    await compute('POST', `/flavors/${profile}/os-extra_specs`, {
      extra_specs: { 'accel:device_profile': profile },
    });
  }

  async function boot(flavor: string): Promise<string> {
    const images = await ask<{ images: { id: string }[] }>({
      service: 'image',
      method: 'GET',
      path: '/v2/images',
    });
    const server = { name: flavor, flavorRef: flavor, imageRef: images.images[0]?.id, networks: 'none' };
    return (await compute<{ server: Server }>('POST', '/servers', { server })).server.id;
  }

  const settled = (id: string) =>
    until(
      `server ${id} is up or has failed`,
      async () => {
        const { server } = await compute<{ server: Server }>('GET', `/servers/${id}`);
        return server.status === 'BUILD' ? undefined : server.status;
      },
      240_000,
    );

  /** What Nova says of those that failed, for the case that it is not what was expected. */
  async function faultsOf(ids: readonly string[]): Promise<string> {
    type Faulty = { server: { fault?: { message: string } } };
    const shown = await Promise.all(ids.map((id) => compute<Faulty>('GET', `/servers/${id}`)));
    return shown.flatMap(({ server }) => server.fault?.message ?? []).join('; ');
  }

  async function removeServers(): Promise<void> {
    const servers = async () => (await compute<{ servers: Server[] }>('GET', '/servers')).servers;
    for (const { id } of await servers()) await compute('DELETE', `/servers/${id}`);
    await until('all servers are gone', async () => (await servers()).length === 0, 240_000);
    await until('their requests are gone', async () => (await arqs()).length === 0, 60_000);
  }

  /** Units that Placement has left below the compute hosts, by resource class. */
  async function free(): Promise<Record<string, number>> {
    const placement = <Body>(path: string) =>
      ask<Body>({ service: 'placement', method: 'GET', path, microversion: '1.39' });
    const { resource_providers: providers } = await placement<{
      resource_providers: { uuid: string; name: string }[];
    }>('/resource_providers');
    const left: Record<string, number> = {};
    for (const { uuid } of providers.filter((provider) => provider.name.includes('_'))) {
      const { inventories } = await placement<{
        inventories: Record<string, { total: number; reserved: number }>;
      }>(`/resource_providers/${uuid}/inventories`);
      const { usages } = await placement<{ usages: Record<string, number> }>(
        `/resource_providers/${uuid}/usages`,
      );
      for (const [resource, { total, reserved }] of Object.entries(inventories))
        left[resource] = (left[resource] ?? 0) + total - reserved - (usages[resource] ?? 0);
    }
    return left;
  }

  it.each([
    ['one', 1, { CUSTOM_NIC: 15, PGPU: 4 }],
    ['two', 2, { CUSTOM_NIC: 15, PGPU: 3 }],
    ['eight', 8, { CUSTOM_NIC: 9, PGPU: 3 }],
  ])(
    'of flavor %s get %i accelerators, which are free again when they are gone',
    slow,
    async (flavor, count, left) => {
      const id = await boot(flavor);
      expect(await settled(id)).toBe('ACTIVE');
      const bound = await arqs();
      expect(bound).toHaveLength(count);
      for (const arq of bound) expect(arq).toMatchObject({ state: 'Bound', instance_uuid: id });
      expect(new Set(bound.map((arq) => arq.attach_handle_uuid)).size).toBe(count);
      expect(new Set(bound.map((arq) => arq.hostname)).size).toBe(1);
      expect(await free()).toEqual(left);
      await removeServers();
      expect(await free()).toEqual({ CUSTOM_NIC: 16, PGPU: 4 });
    },
  );

  it('are as many as there are accelerators, when more are asked for at once', slow, async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => boot('one')));
    const statuses = await Promise.all(ids.map(settled));
    expect(
      statuses.filter((status) => status === 'ACTIVE'),
      await faultsOf(ids),
    ).toHaveLength(16);
    expect(statuses.filter((status) => status === 'ERROR')).toHaveLength(4);
    const bound = await arqs();
    expect(bound.map(({ state }) => state)).toEqual(Array.from({ length: 16 }, () => 'Bound'));
    expect(new Set(bound.map((arq) => arq.attach_handle_uuid)).size).toBe(16);
    expect((await free()).CUSTOM_NIC).toBe(0);
    await removeServers();
    expect(await free()).toEqual({ CUSTOM_NIC: 16, PGPU: 4 });
  });
});
