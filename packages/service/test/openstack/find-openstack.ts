import { access } from 'node:fs/promises';
import { testDatabases } from '../test-store.ts';

/** Where Debian's packages put what a cloud is made of. */
export const programs = {
  uwsgi: '/usr/bin/uwsgi',
  python: '/usr/bin/python3',
  keystone: '/usr/bin/keystone-wsgi-public',
  placement: '/usr/bin/placement-api',
  placementManage: '/usr/bin/placement-manage',
  glance: '/usr/bin/glance-wsgi-api',
  glanceManage: '/usr/bin/glance-manage',
  glancePaste: '/usr/share/glance-common/glance-api-paste.ini',
  nova: '/usr/bin/nova-api-wsgi',
  novaManage: '/usr/bin/nova-manage',
  novaConductor: '/usr/bin/nova-conductor',
  novaScheduler: '/usr/bin/nova-scheduler',
  novaPaste: '/etc/nova/api-paste.ini',
  rabbitmq: '/usr/sbin/rabbitmq-server',
  epmd: '/usr/bin/epmd',
  setpriv: '/usr/bin/setpriv',
} as const;

/** What has to be installed on Debian 12 for `startOpenstack`. */
export const packages =
  'rabbitmq-server uwsgi-core uwsgi-plugin-python3 python3-pymysql python3-keystone python3-glance glance-common ' +
  'python3-placement python3-nova nova-common nova-conductor nova-scheduler';

/**
 * Why no OpenStack can be started here; undefined when one can.
 *
 * @throws Error when it cannot and `CYBORG_REQUIRE_BACKENDS` is 1
 */
export function missingOpenstack(): Promise<string | undefined> {
  return missing(Object.keys(programs) as (keyof typeof programs)[], packages);
}

/** The same for Keystone and Glance alone. */
export function missingGlance(): Promise<string | undefined> {
  const parts = ['uwsgi', 'keystone', 'glance', 'glanceManage', 'glancePaste'] as const;
  return missing(
    parts,
    'uwsgi-core uwsgi-plugin-python3 python3-pymysql python3-keystone python3-glance glance-common',
  );
}

async function missing(
  parts: readonly (keyof typeof programs)[],
  needed: string,
): Promise<string | undefined> {
  const reason = await findMissing(parts, needed);
  if (reason === undefined || process.env.CYBORG_REQUIRE_BACKENDS !== '1') return reason;
  throw new Error(`CYBORG_REQUIRE_BACKENDS is 1, but there is no OpenStack: ${reason}`);
}

async function findMissing(
  parts: readonly (keyof typeof programs)[],
  needed: string,
): Promise<string | undefined> {
  const database = testDatabases.find(({ kind }) => kind === 'mysql');
  if (database?.missing !== undefined) return database.missing;
  if (process.getuid?.() !== 0) return 'it takes root';
  try {
    await Promise.all(parts.map((part) => access(programs[part])));
    return undefined;
  } catch (error) {
    return `${(error as { path?: string }).path} is absent; try: apt-get install ${needed}`;
  }
}
