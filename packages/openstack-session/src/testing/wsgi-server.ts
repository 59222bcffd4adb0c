import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A WSGI application to serve. */
export interface WsgiApplication {
  /** For messages: `Keystone`. */
  readonly name: string;
  readonly uwsgi: string;
  /** The WSGI script. */
  readonly script: string;
  /** For uWSGI's configuration and log; must be there. */
  readonly dir: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** Whether it outlives this process. Default false. */
  readonly detached?: boolean;
}

/** A WSGI application that answers. */
export interface WsgiServer {
  /** Without a slash at its end. */
  readonly url: string;
  /** Of uWSGI's master process. */
  readonly pid: number;
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;

/**
 * Serves a WSGI application with uWSGI on loopback and waits until it answers.
 *
 * @throws Error with the end of its log when it does not
 */
export async function launchWsgi(application: WsgiApplication): Promise<WsgiServer> {
  const { name, uwsgi, dir, port, env, detached = false } = application;
  const url = `http://127.0.0.1:${port}`;
  const [configuration, logFile] = [join(dir, 'uwsgi.ini'), join(dir, 'uwsgi.log')];
  await writeFile(configuration, uwsgiConfiguration(application));
  const log = await open(logFile, 'a');
  const child = spawn(uwsgi, ['--ini', configuration], {
    env: { PATH: '/usr/bin:/bin', ...env },
    stdio: ['ignore', log.fd, log.fd],
    detached,
  });
  try {
    await Promise.all([once(child, 'spawn'), log.close()]);
    await untilAnswering(url, child);
  } catch (cause) {
    await end(child);
    const text = await readFile(logFile, 'utf8');
    throw new Error(`${name} did not start on ${url}; its log ends with:\n${text.slice(-2000)}`, { cause });
  }
  if (detached) child.unref();
  return { url, pid: child.pid as number, stop: () => end(child) };
}

// Only the http router keeps connections open (http-socket says so and closes), and only one process without
// threads can write to SQLite.
function uwsgiConfiguration({ port, script }: WsgiApplication): string {
  return `[uwsgi]
http = 127.0.0.1:${port}
http-keepalive = 30
plugins = http,python3
wsgi-file = ${script}
processes = 1
threads = 1
enable-threads = true
master = true
need-app = true
lazy-apps = true
die-on-term = true
no-orphans = true
buffer-size = 16384
disable-logging = true
`;
}

// A uWSGI whose application did not load accepts connections and never answers: each question has its own limit.
async function untilAnswering(url: string, child: ChildProcess): Promise<void> {
  const end = performance.now() + startTimeoutMs;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`uWSGI ended with exit code ${child.exitCode}`);
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
      await answer.body?.cancel();
      if (answer.status < 500) return;
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
