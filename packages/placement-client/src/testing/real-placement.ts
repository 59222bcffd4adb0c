import { access, constants, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, launchWsgi } from '@cyborgjs/openstack-session/testing';

/** A Placement that answers, the real one or a double. */
export interface RunningPlacement {
  /** Without a slash at its end; `auth_strategy = noauth2`, so that every token will do. */
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
 * loopback with an empty SQLite database, which `stop` ends and removes.
 *
 * @throws Error when none is to be had, or when it does not answer within a minute
 */
export async function startRealPlacement(found?: RealPlacement): Promise<RunningPlacement> {
  const placement = found ?? (await findRealPlacement());
  if (placement === undefined)
    throw new Error('no Placement is installed and none is named by the environment');
  if (placement.kind === 'running') return { url: placement.url, stop: async () => {} };
  const dir = await mkdtemp(join(await fastestDirectory(), 'cyborg-placement-'));
  const launched = await launchPlacement({ dir });
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
}: LaunchOptions): Promise<LaunchedPlacement> {
  await mkdir(dir, { recursive: true });
  const configuration = `[api]
auth_strategy = noauth2
[placement_database]
connection = sqlite:///${join(dir, 'placement.db')}
sync_on_startup = true
`;
  await writeFile(join(dir, 'placement.conf'), configuration);
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
