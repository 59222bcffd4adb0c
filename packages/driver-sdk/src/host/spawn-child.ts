import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Duplex, Readable } from 'node:stream';
import { currentConditions } from './current-conditions.ts';
import { processMarkVariable } from './process-mark.ts';

/** How long what a process has sent before its end may take to be read. */
const drainMs = 500;

/** Sends a signal as kill(2) does; a negative pid means the process group. */
export type SendSignal = (pid: number, signal: NodeJS.Signals) => void;

/** A driver's process as the operating system has it. It leads a process group of its own. */
export interface DriverChild {
  readonly pid: number;
  /** The wire: its file descriptor 3. */
  readonly wire: Duplex;
  readonly output: { readonly stdout: Readable; readonly stderr: Readable };
  /**
   * Resolves with how it ended, `exit status 1`, `signal SIGKILL`, when what it has sent has been read. Never when
   * it does not end.
   */
  readonly exited: Promise<string>;
  /** Signals its whole group; does nothing when that is gone. */
  signal(name: NodeJS.Signals): void;
  /** Lets go of it although it lives: it no longer keeps this process running. */
  abandon(): void;
}

interface SpawnChildOptions {
  /** Absolute path of the program and its arguments. */
  readonly command: readonly string[];
  /** What marks it in its environment. */
  readonly mark: string;
  readonly sendSignal: SendSignal;
}

/** Starts a process that speaks on its file descriptor 3. Rejects when the system cannot start it. */
export async function spawnChild({ command, mark, sendSignal }: SpawnChildOptions): Promise<DriverChild> {
  const [program = process.execPath, ...args] = command;
  const child = spawn(program, args, {
    cwd: '/',
    detached: true,
    env: { ...environment(), [processMarkVariable]: mark },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return driverChild(child, sendSignal);
}

interface NodeCommandOptions {
  /** Export subpath of this package: what the process runs. */
  readonly entry: './host/child' | './host/broker-child';
  readonly title: string;
  readonly heapMb: number;
  readonly flags?: readonly string[];
  readonly args?: readonly string[];
}

/** The command line of a Node process that runs a part of this package. */
export function nodeCommand({ entry, title, heapMb, flags = [], args = [] }: NodeCommandOptions): string[] {
  return [
    process.execPath,
    ...currentConditions().map((condition) => `--conditions=${condition}`),
    '--disable-warning=ExperimentalWarning',
    `--max-old-space-size=${heapMb}`,
    `--title=${title}`,
    ...flags,
    createRequire(import.meta.url).resolve(`@cyborgjs/driver-sdk${entry.slice(1)}`),
    ...args,
  ];
}

/** Nothing of the agent's own: its environment may hold secrets. */
function environment(): Record<string, string> {
  const { NODE_COMPILE_CACHE: cache } = process.env;
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C.UTF-8',
    ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }),
  };
}

function driverChild(child: ChildProcess, sendSignal: SendSignal): DriverChild {
  const { pid, stdout, stderr } = child;
  const wire = child.stdio[3];
  if (pid === undefined || stdout === null || stderr === null || !isDuplex(wire))
    throw new Error('a process was started without its pipes');
  const signal = (name: NodeJS.Signals): void => {
    try {
      sendSignal(-pid, name);
    } catch {
      // The group is gone.
    }
  };
  const exited = new Promise<string>((resolve) =>
    child.once('exit', (code, name) => {
      // Tools may have been left behind in its group.
      signal('SIGKILL');
      const end = (): void => resolve(name === null ? `exit status ${code}` : `signal ${name}`);
      child.once('close', end);
      setTimeout(end, drainMs);
    }),
  );
  const abandon = (): void => {
    child.unref();
    for (const stream of [wire, stdout, stderr]) stream.destroy();
  };
  return { pid, wire, output: { stdout, stderr }, exited, signal, abandon };
}

const isDuplex = (stream: unknown): stream is Duplex =>
  typeof stream === 'object' && stream !== null && 'write' in stream && 'read' in stream;
