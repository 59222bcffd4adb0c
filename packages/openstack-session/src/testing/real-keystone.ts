import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { addToCatalog } from './add-to-catalog.ts';
import { freePort } from './free-port.ts';
import { launchWsgi, type WsgiServer } from './wsgi-server.ts';

/** Where a real Keystone is to be had: one that runs already, or the programs to start one. */
export type RealKeystone =
  | { readonly kind: 'running'; readonly url: string; readonly adminPassword: string }
  | { readonly kind: 'installed' };

/** A Keystone that answers. */
export interface RunningKeystone {
  /** Without `/v3` and without a slash at its end. */
  readonly url: string;
  /** Of the user `admin` in the domain `default`, who has the role `admin` in the project `admin`. */
  readonly adminPassword: string;
  /** Of the endpoints that it has put into its catalog: its own, of type `identity`. */
  readonly region: string;
  /**
   * Another Keystone with the same users, whose tokens live that long; each accepts the other's tokens. Undefined
   * for one that ran already.
   */
  readonly withTokenLifetime?: (seconds: number) => Promise<WsgiServer>;
  /**
   * Puts a service into the catalog, under one URL for every interface.
   *
   * @throws OpenStackError when the password is not the administrator's
   */
  addToCatalog(service: { readonly type: string; readonly url: string }): Promise<void>;
  stop(): Promise<void>;
}

/** Where Debian's `uwsgi-core` and `python3-keystone` put their programs. */
const programs = {
  uwsgi: '/usr/bin/uwsgi',
  script: '/usr/bin/keystone-wsgi-public',
  manage: '/usr/bin/keystone-manage',
};
const region = 'RegionOne';
const adminPassword = 'admin-password';
const run = promisify(execFile);

/**
 * Looks for a real Keystone: the one at `CYBORG_TEST_KEYSTONE_URL` (the password of `admin` in
 * `CYBORG_TEST_KEYSTONE_PASSWORD`), or Debian's packages `python3-keystone`, `uwsgi-core` and
 * `uwsgi-plugin-python3`. Undefined when there is neither.
 *
 * @throws Error when there is neither and `CYBORG_REQUIRE_BACKENDS` is 1
 */
export async function findRealKeystone(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<RealKeystone | undefined> {
  const url = env.CYBORG_TEST_KEYSTONE_URL?.replace(/\/+$/, '').replace(/\/v3$/, '');
  if (url) return { kind: 'running', url, adminPassword: env.CYBORG_TEST_KEYSTONE_PASSWORD ?? adminPassword };
  try {
    await Promise.all(Object.values(programs).map((program) => access(program)));
    return { kind: 'installed' };
  } catch (cause) {
    if (env.CYBORG_REQUIRE_BACKENDS !== '1') return undefined;
    throw new Error(
      'CYBORG_REQUIRE_BACKENDS is 1, but there is no Keystone: set CYBORG_TEST_KEYSTONE_URL, or install ' +
        'python3-keystone uwsgi-core uwsgi-plugin-python3',
      { cause },
    );
  }
}

/**
 * A real Keystone for a test: the running one, which `stop` leaves alone, or one of its own on a free port of
 * loopback with a new SQLite database, which `stop` ends and removes. Starting one takes some ten seconds.
 *
 * @throws Error when none is to be had, or when it does not answer within a minute
 */
export async function startRealKeystone(found?: RealKeystone): Promise<RunningKeystone> {
  const keystone = found ?? (await findRealKeystone());
  if (keystone === undefined)
    throw new Error('no Keystone is installed and none is named by the environment');
  const adding = (url: string, adminPassword: string) => (service: { type: string; url: string }) =>
    addToCatalog({ url, adminPassword, region }, service);
  if (keystone.kind === 'running')
    return {
      ...keystone,
      region,
      addToCatalog: adding(keystone.url, keystone.adminPassword),
      stop: async () => {},
    };
  const root = await mkdtemp(join(await fastestDirectory(), 'cyborg-keystone-'));
  const servers: WsgiServer[] = [];
  const launch = async (seconds: number) => {
    const server = await launchKeystone(root, seconds);
    servers.push(server);
    return server;
  };
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(root, { recursive: true, force: true });
  };
  try {
    await prepareDatabase(root);
    const { url } = await launch(3600);
    await bootstrap(root, url);
    return {
      url,
      adminPassword,
      region,
      withTokenLifetime: launch,
      addToCatalog: adding(url, adminPassword),
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** Memory where there is some: SQLite waits for the disk at each write, which takes most of the start's time. */
async function fastestDirectory(): Promise<string> {
  const memory = '/dev/shm';
  return access(memory, constants.W_OK).then(
    () => memory,
    () => tmpdir(),
  );
}

/** Serves the Keystone whose data are in a directory. */
async function launchKeystone(root: string, tokenSeconds: number): Promise<WsgiServer> {
  const port = await freePort();
  const dir = join(root, String(port));
  await mkdir(dir);
  await writeFile(join(dir, 'keystone.conf'), configuration(root, tokenSeconds));
  const { uwsgi, script } = programs;
  return launchWsgi({ name: 'Keystone', uwsgi, script, dir, port, env: { OS_KEYSTONE_CONFIG_DIR: dir } });
}

async function prepareDatabase(root: string): Promise<void> {
  await Promise.all(['fernet', 'credentials'].map((name) => mkdir(join(root, name), { mode: 0o700 })));
  await writeFile(join(root, 'keystone.conf'), configuration(root, 3600));
  const [user, group] = [String(process.getuid?.() ?? 0), String(process.getgid?.() ?? 0)];
  const owner = ['--keystone-user', user, '--keystone-group', group];
  await Promise.all([
    manage(root, ['db_sync']),
    manage(root, ['fernet_setup', ...owner]),
    manage(root, ['credential_setup', ...owner]),
  ]);
  await letReadersBe(join(root, 'keystone.db'));
}

// Keystone reads on one connection what it checks before it writes on another: with SQLite's older journal the one
// keeps the other waiting until it gives up. The mode is kept in the file. Node 22 warns of SQLite, which whoever wants
// a double only need not hear.
async function letReadersBe(file: string): Promise<void> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL');
  database.close();
}

async function bootstrap(root: string, url: string): Promise<void> {
  const endpoints = ['public', 'internal', 'admin'].flatMap((name) => [
    `--bootstrap-${name}-url`,
    `${url}/v3`,
  ]);
  await manage(root, [
    'bootstrap',
    ...['--bootstrap-password', adminPassword, '--bootstrap-region-id', region],
    ...endpoints,
  ]);
}

async function manage(root: string, args: readonly string[]): Promise<void> {
  await run(programs.manage, ['--config-file', join(root, 'keystone.conf'), ...args], {
    env: { PATH: '/usr/bin:/bin' },
  });
}

// The smallest number of rounds makes hashing a password cheap, which otherwise costs 0.2 s of every log-in. What
// stays the same is cached, which makes a look at a token ten times as quick; tokens and revocations are not.
function configuration(root: string, tokenSeconds: number): string {
  return `[DEFAULT]
use_stderr = true
[database]
connection = sqlite:///${join(root, 'keystone.db')}
[identity]
password_hash_rounds = 4
[cache]
enabled = true
backend = dogpile.cache.memory
[token]
provider = fernet
caching = false
expiration = ${tokenSeconds}
[revoke]
caching = false
[fernet_tokens]
key_repository = ${join(root, 'fernet')}
[credential]
key_repository = ${join(root, 'credentials')}
`;
}
