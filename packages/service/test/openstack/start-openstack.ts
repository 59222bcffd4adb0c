import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuthProvider,
  createSession,
  keystonePassword,
  type Session,
} from '@cyborgjs/openstack-session';
import { freePort, launchWsgi, startRealKeystone } from '@cyborgjs/openstack-session/testing';
import mysql from 'mysql2/promise';
import { until } from '../until.ts';
import {
  type CloudPlan,
  computeConf,
  emptyNetwork,
  glanceConf,
  novaConf,
  novaDatabases,
  placementConf,
  serviceUser,
} from './configuration.ts';
import { programs } from './find-openstack.ts';
import { furnishKeystone } from './furnish-keystone.ts';
import { createProcesses, type Processes, untilListening } from './processes.ts';

/** A cloud whose accelerator service is still to come. */
export interface Openstack {
  /** With `/v3`. */
  readonly keystoneUrl: string;
  readonly region: string;
  /** Of both users: `admin` of the project `admin`, and `openstack` of the project `service`, whom all services are. */
  readonly password: string;
  /** Where the catalog says that the accelerator service listens: on 127.0.0.1. */
  readonly acceleratorPort: number;
  /** The broker of Nova, in which there is room for others. */
  readonly rabbitUrl: string;
  /** Hosts with a fake hypervisor. */
  readonly computeHosts: readonly string[];
  /** As `admin`. */
  readonly admin: Session;
  stop(): Promise<void>;
}

const computeHosts = ['compute1', 'compute2'] as const;
const databases = ['placement', 'glance', 'nova_api', 'nova', 'nova_cell0'] as const;
const mariadbUrl = process.env.CYBORG_TEST_MARIADB_URL ?? 'mysql://root@127.0.0.1:3306';

type Undo = (() => Promise<unknown>)[];

/**
 * Starts Keystone, Placement, Glance, Nova with two fake hypervisors, and a message broker for them, from Debian's
 * packages; the databases but Keystone's are made in the MariaDB of the tests. Takes a minute.
 */
export async function startOpenstack(): Promise<Openstack> {
  const undo: Undo = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...(await start(undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(undo: Undo): Promise<Omit<Openstack, 'stop'>> {
  const directory = await mkdtemp(join(tmpdir(), 'cyborg-openstack-'));
  undo.push(() => rm(directory, { recursive: true, force: true }));
  const processes = createProcesses(directory);
  undo.push(() => processes.stop());
  const keystone = await startRealKeystone({ kind: 'installed' });
  undo.push(() => keystone.stop());
  const [rabbitUrl, databaseUrl] = await Promise.all([
    startRabbitmq(processes, directory),
    createDatabases(undo),
  ]);
  const password = keystone.adminPassword;
  const plan: CloudPlan = {
    directory,
    keystoneUrl: `${keystone.url}/v3`,
    region: keystone.region,
    password,
    rabbitUrl,
    databaseUrl,
  };
  const auth = keystonePassword({ authUrl: keystone.url, username: 'admin', password, projectName: 'admin' });
  const admin = createSession({ auth, timeoutMs: 120_000 });
  undo.push(() => admin.close());
  const ports = await planPorts();
  await furnish(plan, ports);
  await startServices({ plan, ports, processes, admin, undo });
  await createImage(admin, auth);
  return {
    keystoneUrl: plan.keystoneUrl,
    region: plan.region,
    password,
    acceleratorPort: ports.accelerator,
    rabbitUrl,
    computeHosts,
    admin,
  };
}

async function startRabbitmq(processes: Processes, directory: string): Promise<string> {
  const [port, epmdPort, distributionPort] = [await freePort(), await freePort(), await freePort()];
  const home = join(directory, 'rabbitmq');
  await mkdir(home);
  await writeFile(join(home, 'rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${port}\n`);
  // Left to itself the broker would start an epmd that outlives it.
  const epmd = { ERL_EPMD_ADDRESS: '127.0.0.1', ERL_EPMD_PORT: String(epmdPort) };
  processes.start({ name: 'epmd', command: programs.epmd, env: epmd });
  await untilListening('epmd', epmdPort, directory);
  const env = {
    ...epmd,
    HOME: home,
    RABBITMQ_NODENAME: `cyborg${port}@localhost`,
    RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq.conf'),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: home,
    RABBITMQ_LOG_BASE: home,
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_ENABLED_PLUGINS_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  // Debian's own script would change to the user rabbitmq.
  const command = 'exec /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server';
  processes.start({ name: 'rabbitmq', command: '/bin/sh', args: ['-c', command], env });
  await untilListening('rabbitmq', port, directory);
  return `rabbit://guest:guest@127.0.0.1:${port}/`;
}

async function createDatabases(undo: Undo): Promise<(name: string) => string> {
  const prefix = `cyborg_test_${randomBytes(6).toString('hex')}_`;
  const each = async (statement: (name: string) => string) => {
    const connection = await mysql.createConnection({ uri: mariadbUrl });
    for (const name of databases) await connection.query(statement(prefix + name));
    await connection.end();
  };
  undo.push(() => each((name) => `drop database if exists ${name}`));
  await each((name) => `create database ${name} character set utf8mb3`);
  const server = new URL(mariadbUrl);
  const login = `${server.username}${server.password === '' ? '' : `:${server.password}`}`;
  return (name) =>
    `mysql+pymysql://${login}@${server.hostname}:${server.port || 3306}/${prefix}${name}?charset=utf8`;
}

type Ports = Awaited<ReturnType<typeof planPorts>>;

async function planPorts() {
  const [placement, glance, network, nova, accelerator] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  return { placement, glance, network, nova, accelerator };
}

function furnish({ region, password, keystoneUrl }: CloudPlan, ports: Ports): Promise<void> {
  const at = (port: number, path = '') => `http://127.0.0.1:${port}${path}`;
  const identity = createSession({
    auth: keystonePassword({ authUrl: keystoneUrl, username: 'admin', password, projectName: 'admin' }),
    endpointOverrides: { identity: keystoneUrl },
  });
  return furnishKeystone(identity, {
    region,
    password,
    users: { [serviceUser]: { service: ['admin', 'service'] } },
    services: {
      placement: at(ports.placement),
      image: at(ports.glance),
      network: at(ports.network),
      compute: at(ports.nova, '/v2.1'),
      accelerator: at(ports.accelerator, '/accelerator/v2'),
    },
  }).finally(() => identity.close());
}

interface Site {
  readonly plan: CloudPlan;
  readonly ports: Ports;
  readonly processes: Processes;
  readonly admin: Session;
  readonly undo: Undo;
}

async function startServices(site: Site): Promise<void> {
  await Promise.all([startPlacement(site), startGlance(site), startNetwork(site)]);
  await startNova(site);
}

interface Wsgi {
  readonly name: keyof Ports & string;
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function serve({ plan, ports, undo }: Site, { name, script, env = {} }: Wsgi): Promise<void> {
  const dir = join(plan.directory, `${name}-wsgi`);
  await mkdir(dir);
  const server = await launchWsgi({ name, uwsgi: programs.uwsgi, script, dir, port: ports[name], env });
  undo.push(() => server.stop());
}

async function startPlacement(site: Site): Promise<void> {
  const directory = join(site.plan.directory, 'placement');
  await mkdir(directory);
  await writeFile(join(directory, 'placement.conf'), placementConf(site.plan));
  const env = { OS_PLACEMENT_CONFIG_DIR: directory };
  const args = ['--config-file', join(directory, 'placement.conf'), 'db', 'sync'];
  await site.processes.run({ name: 'placement db sync', command: programs.placementManage, args, env });
  await serve(site, { name: 'placement', script: programs.placement, env });
}

async function startGlance(site: Site): Promise<void> {
  const directory = join(site.plan.directory, 'glance');
  await mkdir(directory);
  for (const name of ['staging', 'tasks'])
    await mkdir(join(site.plan.directory, 'images', name), { recursive: true });
  await copyFile(programs.glancePaste, join(directory, 'glance-api-paste.ini'));
  await writeFile(join(directory, 'glance-api.conf'), glanceConf(site.plan));
  const args = ['--config-file', join(directory, 'glance-api.conf'), 'db_sync'];
  await site.processes.run({ name: 'glance db_sync', command: programs.glanceManage, args });
  await serve(site, { name: 'glance', script: programs.glance, env: { OS_GLANCE_CONFIG_DIR: directory } });
}

async function startNetwork(site: Site): Promise<void> {
  const script = join(site.plan.directory, 'empty_network.py');
  await writeFile(script, emptyNetwork);
  await serve(site, { name: 'network', script });
}

async function startNova(site: Site): Promise<void> {
  const { plan, processes, admin } = site;
  const directory = join(plan.directory, 'nova');
  await mkdir(directory);
  const file = (name: string) => join(directory, name);
  const paste = await readFile(programs.novaPaste, 'utf8');
  await writeFile(file('api-paste.ini'), paste.replaceAll('/etc/nova', directory));
  await writeFile(file('nova.conf'), novaConf(plan));
  await writeFile(file('nova-db.conf'), novaDatabases(plan));
  const knowing = ['--config-file', file('nova.conf'), '--config-file', file('nova-db.conf')];
  const manage = (...args: string[]) =>
    processes.run({
      name: `nova-manage ${args.join(' ')}`,
      command: programs.novaManage,
      args: [...knowing, ...args],
    });
  await manage('api_db', 'sync');
  await manage('cell_v2', 'map_cell0', '--database_connection', plan.databaseUrl('nova_cell0'));
  await manage('db', 'sync');
  const cell = ['--transport-url', plan.rabbitUrl, '--database_connection', plan.databaseUrl('nova')];
  await manage('cell_v2', 'create_cell', '--name', 'cell1', ...cell);
  processes.start({ name: 'nova-conductor', command: programs.novaConductor, args: knowing });
  processes.start({ name: 'nova-scheduler', command: programs.novaScheduler, args: knowing });
  for (const host of computeHosts) await startCompute(site, host, file);
  const env = {
    OS_NOVA_CONFIG_DIR: directory,
    OS_NOVA_CONFIG_FILES: 'api-paste.ini;nova.conf;nova-db.conf',
  };
  await serve(site, { name: 'nova', script: programs.nova, env });
  await until(
    'both compute hosts are mapped',
    async () => {
      await manage('cell_v2', 'discover_hosts');
      const { body } = await admin.request({ service: 'compute', method: 'GET', path: '/os-hypervisors' });
      return (body as { hypervisors: unknown[] }).hypervisors.length === computeHosts.length;
    },
    180_000,
  );
}

/** Debian's package of the command nova-compute would bring libvirt and QEMU along. */
async function startCompute(
  { plan, processes }: Site,
  host: string,
  file: (name: string) => string,
): Promise<void> {
  await mkdir(join(plan.directory, host));
  await writeFile(file(`${host}.conf`), computeConf(plan, host));
  const code = 'from nova.cmd.compute import main; main()';
  const args = ['-c', code, '--config-file', file('nova.conf'), '--config-file', file(`${host}.conf`)];
  processes.start({ name: `nova-${host}`, command: programs.python, args });
}

/** What a server is booted from: one byte, of which the fake hypervisor reads nothing. */
async function createImage(admin: Session, auth: AuthProvider): Promise<void> {
  const image = { name: 'blank', disk_format: 'raw', container_format: 'bare', visibility: 'public' };
  const made = await admin.request({ service: 'image', method: 'POST', path: '/v2/images', body: image });
  const { id } = made.body as { id: string };
  const upload = await fetch(`${await admin.endpoint('image')}/v2/images/${id}/file`, {
    method: 'PUT',
    headers: {
      ...(await auth.headers(AbortSignal.timeout(60_000))),
      'content-type': 'application/octet-stream',
    },
    body: '\0',
  });
  if (!upload.ok) throw new Error(`Glance took no image: ${upload.status} ${await upload.text()}`);
}
