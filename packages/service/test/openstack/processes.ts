import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../until.ts';
import { programs } from './find-openstack.ts';

const run = promisify(execFile);
/** No proxy between services on loopback, and no Python but Debian's. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' };

interface Program {
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Programs that run until they are told to end, all in one directory of logs. */
export interface Processes {
  start(program: Program): void;
  /** Runs a program to its end; what it says when it fails is part of the error. */
  run(program: Program): Promise<void>;
  /** Ends all of them, the last first, with everything that they have started. */
  stop(): Promise<void>;
}

/** Keeps the programs of one cloud together. */
export function createProcesses(directory: string): Processes {
  const running: { readonly name: string; readonly child: ChildProcess }[] = [];
  const logOf = (name: string) => join(directory, `${name}.log`);
  return {
    start({ name, command, args = [], env = {} }) {
      const log = openSync(logOf(name), 'a');
      // It ends with this process, however that ends.
      const child = spawn(programs.setpriv, ['--pdeathsig', 'KILL', '--', command, ...args], {
        env: { ...environment, ...env },
        stdio: ['ignore', log, log],
        // Of its own group, so that its children end with it.
        detached: true,
      });
      closeSync(log);
      running.push({ name, child });
    },
    async run({ name, command, args = [], env = {} }) {
      try {
        await run(command, args, { env: { ...environment, ...env }, maxBuffer: 1 << 24 });
      } catch (cause) {
        const { stderr = '' } = cause as { stderr?: string };
        throw new Error(`${name} failed: ${stderr.slice(-2000)}`, { cause });
      }
    },
    async stop() {
      for (const { child } of running.splice(0).reverse()) await end(child);
    },
  };
}

/** Waits until something listens on a port of loopback. */
export async function untilListening(name: string, port: number, directory: string): Promise<void> {
  const listens = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.unref();
      socket.once('connect', () => socket.destroy());
    });
  try {
    await until(`${name} listens`, listens, 120_000);
  } catch (cause) {
    throw new Error(`${name}: ${readFileSync(join(directory, `${name}.log`), 'utf8').slice(-2000)}`, {
      cause,
    });
  }
}

async function end(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const signal = (name: NodeJS.Signals | 0) => {
    try {
      process.kill(-pid, name);
      return true;
    } catch {
      return false;
    }
  };
  signal('SIGTERM');
  for (let tries = 0; tries < 100 && signal(0); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 100));
  signal('SIGKILL');
}
