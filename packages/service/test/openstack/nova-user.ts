import { createSession, keystonePassword } from '@cyborgjs/openstack-session';
import { until } from '../until.ts';
import type { Openstack } from './start-openstack.ts';

/** An accelerator request as `/v2` shows it. */
export interface Arq {
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

interface ShownDevice {
  readonly id: string;
  readonly state: string;
  readonly deployables: readonly { readonly handles: readonly { readonly inUse: boolean }[] }[];
}

/** What an administrator does in a cloud with accelerators, and sees there. */
export interface NovaUser {
  /** Makes all cards ready when that many have been found, and waits until Placement shows the units as free. */
  openDevices(count: number, units: Readonly<Record<string, number>>): Promise<void>;
  raiseQuota(): Promise<void>;
  /** A device profile and a flavor of the same name. */
  makeFlavor(profile: string, groups: readonly Readonly<Record<string, string>>[]): Promise<void>;
  /** The id of a server that is to be. */
  boot(flavor: string): Promise<string>;
  /** What became of a server. */
  settled(id: string): Promise<string>;
  /** What Nova says of those that failed, for the case that it is not what was expected. */
  faultsOf(ids: readonly string[]): Promise<string>;
  /** Deletes all servers, and waits until they and their requests are gone. */
  removeServers(): Promise<void>;
  /**
   * Deletes requests that are for no server, and says how many there were: nova-conductor makes them before it binds
   * them, and cannot delete them while nobody answers.
   */
  removeUnserved(): Promise<number>;
  arqs(): Promise<readonly Arq[]>;
  /** How many handles somebody holds. */
  handlesInUse(): Promise<number>;
  /** Units that Placement has left below the compute hosts, by resource class. */
  free(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

/** Somebody with every right in a cloud whose accelerator service answers. */
export function createNovaUser(cloud: Openstack): NovaUser {
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
  const { keystoneUrl: authUrl, password } = cloud;
  const ours = createSession({
    auth: keystonePassword({ authUrl, username: 'admin', password, projectName: 'admin' }),
    endpointOverrides: { accelerator: `http://127.0.0.1:${cloud.acceleratorPort}` },
  });
  const devices = async () =>
    (
      (await ours.request({ service: 'accelerator', method: 'GET', path: '/v3/devices' })).body as {
        items: ShownDevice[];
      }
    ).items;

  async function openDevices(count: number, units: Readonly<Record<string, number>>): Promise<void> {
    await until('all cards have been found', async () => (await devices()).length === count, 120_000);
    for (const { id } of await devices())
      await ours.request({ service: 'accelerator', method: 'POST', path: `/v3/devices/${id}/ready` });
    const hasAll = async () => {
      const left = await free();
      return Object.entries(units).every(([name, wanted]) => left[name] === wanted);
    };
    await until('Placement shows all of it as free', hasAll, 120_000);
  }

  async function raiseQuota(): Promise<void> {
    const { projects } = await ask<{ projects: { id: string }[] }>({
      service: 'identity',
      method: 'GET',
      path: '/projects?name=admin',
    });
    const quota = { quota_set: { instances: 100, cores: 100 } };
    await compute('PUT', `/os-quota-sets/${projects[0]?.id}`, quota);
  }

  async function makeFlavor(
    profile: string,
    groups: readonly Readonly<Record<string, string>>[],
  ): Promise<void> {
    await accelerator('POST', '/device_profiles', [{ name: profile, groups }]);
    const flavor = { name: profile, id: profile, ram: 64, vcpus: 1, disk: 1 };
    await compute('POST', '/flavors', { flavor });
    const specs = { extra_specs: { 'accel:device_profile': profile } };
    await compute('POST', `/flavors/${profile}/os-extra_specs`, specs);
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

  async function settled(id: string): Promise<string> {
    const look = async () => {
      const { server } = await compute<{ server: Server }>('GET', `/servers/${id}`);
      return server.status === 'BUILD' ? undefined : server.status;
    };
    return until(`server ${id} is up or has failed`, look, 240_000);
  }

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

  async function removeUnserved(): Promise<number> {
    const unserved = (await arqs()).filter((arq) => arq.instance_uuid === null).map(({ uuid }) => uuid);
    if (unserved.length > 0) await accelerator('DELETE', `/accelerator_requests?arqs=${unserved.join(',')}`);
    return unserved.length;
  }

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

  async function handlesInUse(): Promise<number> {
    const handles = (await devices()).flatMap(({ deployables }) => deployables.flatMap((one) => one.handles));
    return handles.filter(({ inUse }) => inUse).length;
  }

  const close = () => ours.close();
  return {
    ...{ openDevices, raiseQuota, makeFlavor, boot, settled, faultsOf, removeServers, removeUnserved },
    ...{ arqs, handlesInUse, free, close },
  };
}
