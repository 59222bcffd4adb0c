import { access, constants, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, launchWsgi } from '@cyborgjs/openstack-session/testing';

/** A Placement that answers, the real one or a double. */
export interface RunningPlacement {
  /** Without a slash at its end. Every token will do (`auth_strategy = noauth2`), unless a Keystone stands before it. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Where a real Placement is to be had: one that runs already, or the programs to start one. */
export type RealPlacement =
  | { readonly kind: 'running'; readonly url: string }
  | { readonly kind: 'installed'; readonly uwsgi: string; readonly application: string };

/** A real Placement that was launched here. */
export interface LaunchedPlacement extends RunningPlacement {
  /** Of uWSGI's master process. */
  readonly pid: number;
}

interface LaunchOptions {
  /** For configuration, database and log; made when missing, never removed. */
  readonly dir: string;
  /** Default: any free one. */
  readonly port?: number | undefined;
  /** Whether it outlives this process. Default false. */
  readonly detached?: boolean;
  /** Whose tokens it takes. Default: every token will do. */
  readonly keystone?: TrustedKeystone | undefined;
}

/** A Keystone whose tokens a Placement takes. */
export interface TrustedKeystone {
  /** Without `/v3`. */
  readonly url: string;
  /** Of its user `admin`, as whom Placement has tokens looked at. */
  readonly adminPassword: string;
  /** For how long Placement takes a token as it saw it, in seconds. Default 0: it asks Keystone at each request. */
  readonly tokenCacheS?: number;
}

/** Where Debian's `uwsgi-core` and `python3-placement` put their programs. */
const programs = { uwsgi: '/usr/bin/uwsgi', application: '/usr/bin/placement-api' };

/**
 * Looks for a real Placement: the one at `CYBORG_TEST_PLACEMENT_URL`, or Debian's packages `python3-placement`,
 * `uwsgi-core` and `uwsgi-plugin-python3`. Undefined when there is neither.
 *
 * @throws Error when there is neither and `CYBORG_REQUIRE_BACKENDS` is 1
 */
export async function findRealPlacement(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<RealPlacement | undefined> {
  const url = env.CYBORG_TEST_PLACEMENT_URL;
  if (url) return { kind: 'running', url: url.replace(/\/+$/, '') };
  try {
    await Promise.all(Object.values(programs).map((program) => access(program)));
    return { kind: 'installed', ...programs };
  } catch (cause) {
    if (env.CYBORG_REQUIRE_BACKENDS !== '1') return undefined;
    throw new Error(
      'CYBORG_REQUIRE_BACKENDS is 1, but there is no Placement: set CYBORG_TEST_PLACEMENT_URL, or install ' +
        'python3-placement uwsgi-core uwsgi-plugin-python3',
      { cause },
    );
  }
}

/**
 * A real Placement for a test: the running one, which `stop` leaves alone, or one of its own on a free port of
 * loopback with an empty SQLite database, which `stop` ends and removes. With a Keystone it takes the tokens of that
 * one only, and is always one of its own.
 *
 * @throws Error when none is to be had, or when it does not answer within a minute
 */
export async function startRealPlacement(
  found?: RealPlacement,
  keystone?: TrustedKeystone,
): Promise<RunningPlacement> {
  const placement = found ?? (await findRealPlacement());
  if (placement === undefined)
    throw new Error('no Placement is installed and none is named by the environment');
  if (placement.kind === 'running' && keystone === undefined)
    return { url: placement.url, stop: async () => {} };
  const dir = await mkdtemp(join(await fastestDirectory(), 'cyborg-placement-'));
  const launched = await launchPlacement({ dir, keystone });
  return {
    url: launched.url,
    async stop() {
      await launched.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Memory where there is some: SQLite waits for the disk at each write, which takes most of a suite's time. */
async function fastestDirectory(): Promise<string> {
  const memory = '/dev/shm';
  return access(memory, constants.W_OK).then(
    () => memory,
    () => tmpdir(),
  );
}

/** Starts Debian's Placement under uWSGI and waits until it answers. */
export async function launchPlacement({
  dir,
  port,
  detached = false,
  keystone,
}: LaunchOptions): Promise<LaunchedPlacement> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'placement.conf'), configuration(dir, keystone));
  return launchWsgi({
    name: 'Placement',
    uwsgi: programs.uwsgi,
    script: programs.application,
    dir,
    port: port ?? (await freePort()),
    env: { OS_PLACEMENT_CONFIG_DIR: dir },
    detached,
  });
}

function configuration(dir: string, keystone: TrustedKeystone | undefined): string {
  return `[api]
auth_strategy = ${keystone === undefined ? 'noauth2' : 'keystone'}
[placement_database]
connection = sqlite:///${join(dir, 'placement.db')}
sync_on_startup = true
${keystone === undefined ? '' : tokenConfiguration(keystone)}`;
}

/** The section of keystonemiddleware; a cache time of -1 turns its cache off. */
function tokenConfiguration({ url, adminPassword, tokenCacheS = 0 }: TrustedKeystone): string {
  return `[keystone_authtoken]
www_authenticate_uri = ${url}/v3
auth_url = ${url}/v3
auth_type = password
username = admin
password = ${adminPassword}
project_name = admin
user_domain_id = default
project_domain_id = default
token_cache_time = ${tokenCacheS > 0 ? tokenCacheS : -1}
`;
}
