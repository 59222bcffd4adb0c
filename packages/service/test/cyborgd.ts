import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** How `cyborgd` ended. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Cyborgd {
  /** Killed with SIGKILL after this. */
  readonly killAfterMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `cyborgd` as an operator would, without a terminal, to its end. */
export function cyborgd(args: readonly string[], { killAfterMs, env = {} }: Cyborgd = {}): Promise<Ended> {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, ['--conditions=cyborg-source', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...env },
    detached: true,
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (data) => {
      said[name] += data;
    });
  const group = -(child.pid ?? 0);
  const timer =
    killAfterMs === undefined ? undefined : setTimeout(() => process.kill(group, 'SIGKILL'), killAfterMs);
  return new Promise((resolve) =>
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...said });
    }),
  );
}

/** Processes of the drivers that this process hosts, by driver id. */
export function driverProcesses(): Record<string, number> {
  const found: Record<string, number> = {};
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const id = driverOf(pid);
    if (id !== undefined) found[id] = Number(pid);
  }
  return found;
}

function driverOf(pid: string): string | undefined {
  try {
    const parent = /^\d+ \(.*\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    const title = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return parent === String(process.pid) ? /^cyborg-driver (\S+)/.exec(title)?.[1] : undefined;
  } catch {
    return undefined;
  }
}
