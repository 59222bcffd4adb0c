import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { endKillableServices, type KillableService, startKillableService } from './crash/killable-service.ts';
import { missingOpenstack } from './openstack/find-openstack.ts';
import { createNovaUser, type NovaUser } from './openstack/nova-user.ts';
import { type Openstack, startOpenstack } from './openstack/start-openstack.ts';
import { testDatabases } from './test-store.ts';
import { until } from './until.ts';

const missing = await missingOpenstack();
const name = `servers of Nova, while something fails${missing === undefined ? '' : ` (skipped: ${missing})`}`;
/** A whole cloud on one machine that may be busy. */
const slow = { timeout: 300_000 };
const everything = { CUSTOM_NIC: 16, CUSTOM_MOODY: 2 };

/** API, conductor and agent are processes of their own, as in a cloud, over Nova's broker and MariaDB. */
describe.skipIf(missing !== undefined)(name, () => {
  let cloud: Openstack;
  let nova: NovaUser;
  let directory: string;
  let drop: () => Promise<void> = async () => {};
  const running = new Map<'api' | 'conductor' | 'agent', KillableService>();

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cyborg-nova-'));
    cloud = await startOpenstack();
    const database = testDatabases.find(({ kind }) => kind === 'mysql');
    const made = await database?.create();
    drop = made?.drop ?? drop;
    writeFileSync(join(directory, 'cyborg.yaml'), stringify(configuration(made?.target)));
    for (const role of ['conductor', 'api', 'agent'] as const) await start(role);
    nova = createNovaUser(cloud);
    await nova.openDevices(4, everything);
    await nova.raiseQuota();
    await nova.makeFlavor('plain', [{ 'resources:CUSTOM_NIC': '2' }]);
    await nova.makeFlavor('prepared', [{ 'resources:CUSTOM_MOODY': '1', 'accel:function_id': 'any' }]);
  }, 1_200_000);
  afterEach(async () => {
    await nova?.removeUnserved();
    await nova?.removeServers();
  }, 300_000);
  afterAll(async () => {
    await Promise.all([...running.values()].map((service) => service.stop()));
    endKillableServices();
    await nova?.close();
    await cloud?.stop();
    await drop();
    rmSync(directory, { recursive: true, force: true });
  }, 120_000);

  function configuration(store: unknown) {
    const { keystoneUrl: authUrl, password, computeHosts } = cloud;
    const login = { authUrl, username: 'openstack', password };
    const moody = fileURLToPath(new URL('./drivers/moody', import.meta.url));
    return {
      stateDir: join(directory, 'state'),
      store,
      bus: { kind: 'rabbitmq', url: cloud.rabbitUrl.replace('rabbit:', 'amqp:') },
      api: {
        listen: { host: '127.0.0.1', port: cloud.acceleratorPort },
        auth: { kind: 'keystone', ...login },
        requestsPerMinute: 100_000,
      },
      conductor: { bindDeadlineMs: 20_000 },
      nova: { auth: { kind: 'password', interface: 'public', ...login } },
      placement: { auth: { kind: 'password', interface: 'public', ...login }, createRoot: false },
      agent: {
        drivers: [
          {
            package: '@cyborgjs/driver-pci',
            config: { devices: [{ vendor: '8086', class: '0200', resourceClass: 'CUSTOM_NIC' }] },
          },
          // One whose `attach` fails.
          { package: moody, config: { fifo: '/nowhere' } },
        ],
        hosts: computeHosts.map((host) => ({
          name: host,
          machine: { kind: 'simulated', root: join(directory, host) },
        })),
      },
    };
  }

  async function start(role: 'api' | 'conductor' | 'agent'): Promise<KillableService> {
    const service = await startKillableService(join(directory, 'cyborg.yaml'), role);
    running.set(role, service);
    return service;
  }

  /** Requests that hold something, handles that are held and units that are given out are as many. */
  async function agree(): Promise<void> {
    const bound = (await nova.arqs()).filter(({ state }) => state === 'Bound');
    expect(await nova.handlesInUse()).toBe(bound.length);
    expect(new Set(bound.map((arq) => arq.attach_handle_uuid)).size).toBe(bound.length);
    const left = await nova.free();
    const used = Object.entries(everything).reduce((sum, [kind, all]) => sum + all - (left[kind] ?? 0), 0);
    expect(used).toBe(bound.length);
  }

  async function everythingIsFree(): Promise<void> {
    await nova.removeServers();
    await until('no handle is held', async () => (await nova.handlesInUse()) === 0, 60_000);
    expect(await nova.free()).toMatchObject(everything);
  }

  it('are told when a driver cannot attach what they were given, and hold nothing', slow, async () => {
    const id = await nova.boot('prepared');
    // Nova takes a request that has failed before it asks for one that it need not wait for (nova/compute/manager.py,
    // `_get_bound_arq_resources`), and one that fails while it waits for an error: both are ends.
    expect(['ERROR', 'ACTIVE']).toContain(await nova.settled(id));
    for (const arq of await nova.arqs())
      expect(arq).toMatchObject({ state: 'BindFailed', attach_handle_uuid: null });
    await until('no handle is held', async () => (await nova.handlesInUse()) === 0, 60_000);
    await everythingIsFree();
  });

  it('come up without the agent of their host where nothing has to be prepared', slow, async () => {
    await running.get('agent')?.kill();
    const id = await nova.boot('plain');
    expect(await nova.settled(id), await nova.faultsOf([id])).toBe('ACTIVE');
    await agree();
    await everythingIsFree();
    await start('agent');
  });

  it('fail cleanly without the agent of their host where something has to be prepared', slow, async () => {
    await running.get('agent')?.kill();
    const id = await nova.boot('prepared');
    expect(await nova.settled(id)).toBe('ERROR');
    await start('agent');
    await everythingIsFree();
  });

  it.each(['commit:before', 'commit:after'])(
    'are up or failed, not in between, when the API is killed at %s of the bind',
    slow,
    async (place) => {
      const api = running.get('api');
      // Its first commit makes the requests, its second binds them.
      await api?.watch({ place, time: 2 });
      const id = await nova.boot('plain');
      expect(await api?.ended).toBe(true);
      await start('api');
      expect(await nova.settled(id)).toBe('ERROR');
      expect(await nova.removeUnserved()).toBe(place === 'commit:before' ? 2 : 0);
      await everythingIsFree();
    },
  );

  it('come up as ever after all of that', slow, async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => nova.boot('plain')));
    const statuses = await Promise.all(ids.map(nova.settled));
    expect(statuses, await nova.faultsOf(ids)).toEqual(Array.from({ length: 8 }, () => 'ACTIVE'));
    await agree();
    await everythingIsFree();
  });
});
