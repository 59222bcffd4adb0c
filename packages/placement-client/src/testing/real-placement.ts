import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

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
const startTimeoutMs = 60_000;

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
export async function launchPlacement(options: LaunchOptions): Promise<LaunchedPlacement> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  await writeConfiguration(options.dir, port);
  const log = await open(join(options.dir, 'uwsgi.log'), 'a');
  const child = spawn(programs.uwsgi, ['--ini', join(options.dir, 'uwsgi.ini')], {
    env: { PATH: '/usr/bin:/bin', OS_PLACEMENT_CONFIG_DIR: options.dir },
    stdio: ['ignore', log.fd, log.fd],
    detached: options.detached === true,
  });
  try {
    await Promise.all([once(child, 'spawn'), log.close()]);
    await untilAnswering(url, child);
  } catch (cause) {
    await end(child);
    const text = await readFile(join(options.dir, 'uwsgi.log'), 'utf8');
    throw new Error(`Placement did not start on ${url}; its log ends with:\n${text.slice(-2000)}`, { cause });
  }
  if (options.detached === true) child.unref();
  return { url, pid: child.pid as number, stop: () => end(child) };
}

async function writeConfiguration(dir: string, port: number): Promise<void> {
  await mkdir(dir, { recursive: true });
  const database = join(dir, 'placement.db');
  const placement = `[api]
auth_strategy = noauth2
[placement_database]
connection = sqlite:///${database}
sync_on_startup = true
`;
  // Only the http router keeps connections open (http-socket says so and closes), and only one process without
  // threads can write to SQLite and race with nobody at the start.
  const uwsgi = `[uwsgi]
http = 127.0.0.1:${port}
http-keepalive = 30
plugins = http,python3
wsgi-file = ${programs.application}
processes = 1
threads = 1
master = true
need-app = true
lazy-apps = true
die-on-term = true
no-orphans = true
disable-logging = true
`;
  await writeFile(join(dir, 'placement.conf'), placement);
  await writeFile(join(dir, 'uwsgi.ini'), uwsgi);
}

// A uWSGI whose application did not load accepts connections and never answers: each question has its own limit.
async function untilAnswering(url: string, child: ChildProcess): Promise<void> {
  const end = performance.now() + startTimeoutMs;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`uWSGI ended with exit code ${child.exitCode}`);
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
      await answer.body?.cancel();
      if (answer.ok) return;
    } catch (cause) {
      if (performance.now() > end) throw new Error('no answer in time', { cause });
    }
    await setTimeout(100);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const outcome = await Promise.race([ended, setTimeout(5000, 'late' as const, { ref: false })]);
  if (outcome !== 'late') return;
  child.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP port is free on 127.0.0.1');
  return address.port;
}
