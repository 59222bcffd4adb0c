import type { Session } from '@cyborgjs/openstack-session';

/** Who is who in a Keystone, and where its services are. */
export interface Furniture {
  readonly region: string;
  readonly password: string;
  /** Roles by user and project. */
  readonly users: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** URLs by type of service. */
  readonly services: Readonly<Record<string, string>>;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** Makes roles, projects, users and the catalog, as an installer does; what is there already stays. */
export async function furnishKeystone(admin: Session, furniture: Furniture): Promise<void> {
  const { region, password, users, services } = furniture;
  const ask = async (method: string, path: string, body?: unknown) =>
    (await admin.request({ service: 'identity', method, path, body })).body as Record<string, unknown>;

  /** The id of what has that name, made when it is not there. */
  async function ensure(kind: string, name: string, more: object = {}): Promise<string> {
    const found = (await ask('GET', `/${kind}s?name=${name}`))[`${kind}s`] as Named[];
    return (
      found[0]?.id ?? ((await ask('POST', `/${kind}s`, { [kind]: { name, ...more } }))[kind] as Named).id
    );
  }

  const role = new Map<string, string>();
  const wanted = Object.values(users).flatMap((projects) => Object.values(projects).flat());
  for (const name of new Set(wanted)) role.set(name, await ensure('role', name));
  for (const [name, grants] of Object.entries(users)) {
    const user = await ensure('user', name, { password });
    for (const [projectName, granted] of Object.entries(grants)) {
      const project = await ensure('project', projectName);
      for (const one of granted)
        await ask('PUT', `/projects/${project}/users/${user}/roles/${role.get(one)}`);
    }
  }
  for (const [type, url] of Object.entries(services)) {
    const service = await ensure('service', type, { type });
    await ask('POST', '/endpoints', {
      endpoint: { service_id: service, interface: 'public', region_id: region, url },
    });
  }
}
