import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const main = join(import.meta.dirname, '../packages/service/dist/main.js');

/** The built `cyborgd all`, as a process with a state directory of its own. */
export interface BuiltService {
  readonly pid: number;
  readonly port: number;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts it on a port of its own; `flags` are those of the daemon, `settings` what stands in its configuration. */
export function startBuiltService(
  port: number,
  flags: readonly string[] = [],
  settings: Readonly<Record<string, unknown>> = {},
): BuiltService {
  if (!existsSync(main)) throw new Error(`${main} is not there; npm run bench builds it`);
  const directory = mkdtempSync(join(tmpdir(), 'cyborg-bench-'));
  const config = join(directory, 'cyborg.yaml');
  const all = { stateDir: join(directory, 'state'), log: { level: 'error' }, ...settings };
  // JSON is YAML too.
  writeFileSync(config, JSON.stringify(all));
  // A log of every request is for nobody to read here.
  const said = all.log.level === 'info' ? 'ignore' : 'inherit';
  const words = [main, 'all', '--config', config, '--listen', `127.0.0.1:${port}`, ...flags];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', said] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    pid: child.pid as number,
    port,
    process: child,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Asks a path until it answers 200; gives the milliseconds since `from`, a time of `performance.now()`. */
export async function untilAnswered(url: string, from: number): Promise<number> {
  for (;;) {
    const isAnswered = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (isAnswered) return performance.now() - from;
    if (performance.now() - from > 30_000) throw new Error(`${url} did not answer within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The process and everything below it. */
export function processTree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(processTree)];
}

/** A figure of `/proc/<pid>/smaps_rollup`, in MiB; `Pss` counts memory that processes share once in all. */
export function memoryOf(pid: number, figure: 'Pss' | 'Rss'): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${figure}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
}
