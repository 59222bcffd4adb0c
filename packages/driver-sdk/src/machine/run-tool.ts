import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { StringDecoder } from 'node:string_decoder';
import { DriverError, isDriverError } from '../driver-error.ts';
import type { RunOptions, RunResult } from '../machine.ts';
import { driverErrorFromErrno, errnoOf } from './driver-error-from-errno.ts';

interface ToolOptions extends RunOptions {
  /** The program's file, where it is not at the path that the tool is known by. */
  readonly program?: string;
  /** Variables that it gets besides the usual ones. */
  readonly environment?: Readonly<Record<string, string>>;
}

export const usualRunTimeoutMs = 30_000;
export const usualMaxOutputBytes = 4 * 1024 * 1024;

/** How long a tool may take to end after SIGTERM, and how long its pipes may stay open after its end. */
const graceMs = 1_000;

const usualEnvironment = {
  LC_ALL: 'C',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};

/**
 * Runs a tool in a process group of its own, with nothing on its standard input. Whatever way the call ends, the
 * whole group is gone afterwards. A tool that is not installed is `unsupported`; one that prints more than it
 * may is ended and `hardware`, since half an answer must not be read as a whole one.
 */
export function runTool(
  tool: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted === true) {
      reject(canceled(tool, options.signal));
      return;
    }
    try {
      const child = spawn(options.program ?? tool, args, {
        cwd: '/',
        detached: true,
        env: { ...usualEnvironment, ...options.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      watchTool({ tool, child, options, resolve, reject });
    } catch (error) {
      reject(cannotStart(tool, error));
    }
  });
}

interface RunningTool {
  readonly tool: string;
  readonly child: ChildProcess;
  readonly options: ToolOptions;
  readonly resolve: (result: RunResult) => void;
  readonly reject: (error: DriverError) => void;
}

function watchTool({ tool, child, options, resolve, reject }: RunningTool): void {
  const { timeoutMs = usualRunTimeoutMs, maxOutputBytes = usualMaxOutputBytes, signal, onLine } = options;
  const timers: NodeJS.Timeout[] = [];
  let failure: DriverError | undefined;
  let settled = false;

  const settle = (end: () => void): void => {
    if (settled) return;
    settled = true;
    for (const timer of timers) clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    killGroup(child, 'SIGKILL');
    child.stdout?.destroy();
    child.stderr?.destroy();
    end();
  };
  const fail = (error: DriverError): void => {
    if (failure !== undefined) return;
    failure = error;
    killGroup(child, 'SIGTERM');
    timers.push(setTimeout(() => killGroup(child, 'SIGKILL'), graceMs));
    // A tool in an uninterruptible wait survives even that; the caller must not.
    timers.push(setTimeout(() => settle(() => reject(error)), 2 * graceMs));
  };
  const onAbort = (): void => fail(canceled(tool, signal));
  const tooMuch = (): void =>
    fail(new DriverError('hardware', `${tool} printed more than ${maxOutputBytes} bytes and was ended`));

  const tellLine = (line: string): void => {
    try {
      onLine?.(line);
    } catch (cause) {
      fail(new DriverError('internal', `the driver could not take a line of ${tool}`, { cause }));
    }
  };

  const out = collect(child.stdout, { maxBytes: maxOutputBytes, tooMuch, tellLine });
  const err = collect(child.stderr, { maxBytes: maxOutputBytes, tooMuch, tellLine: () => {} });
  signal?.addEventListener('abort', onAbort, { once: true });
  timers.push(setTimeout(() => fail(timedOut(tool, timeoutMs)), timeoutMs));

  const finish = (code: number | null, name: NodeJS.Signals | null): void =>
    settle(() => {
      if (failure !== undefined) reject(failure);
      else
        resolve({
          code: code ?? 128 + (name === null ? 0 : constants.signals[name]),
          out: out(),
          err: err(),
        });
    });
  child.once('error', (error) => settle(() => reject(failure ?? cannotStart(tool, error))));
  child.once('close', finish);
  child.once('exit', (code, name) => timers.push(setTimeout(() => finish(code, name), graceMs)));
}

interface Collecting {
  readonly maxBytes: number;
  readonly tooMuch: () => void;
  readonly tellLine: (line: string) => void;
}

/** Gathers a stream as text up to a size; the function returned ends the gathering and gives the text. */
function collect(
  stream: NodeJS.ReadableStream | null,
  { maxBytes, tooMuch, tellLine }: Collecting,
): () => string {
  const decoder = new StringDecoder('utf8');
  const pieces: string[] = [];
  let line = '';
  let bytes = 0;
  const take = (piece: string): void => {
    pieces.push(piece);
    const [first = '', ...others] = piece.split('\n');
    line += first;
    for (const other of others) {
      tellLine(line);
      line = other;
    }
  };
  stream?.on('data', (chunk: Buffer) => {
    const room = maxBytes - bytes;
    bytes += chunk.length;
    if (room > 0) take(decoder.write(chunk.subarray(0, room)));
    if (bytes > maxBytes) tooMuch();
  });
  return () => {
    take(decoder.end());
    if (line !== '') tellLine(line);
    return pieces.join('');
  };
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

function cannotStart(tool: string, error: unknown): DriverError {
  const errno = errnoOf(error);
  if (errno !== 'ENOENT' && errno !== 'ENOTDIR')
    return driverErrorFromErrno(error, { doing: 'run', path: tool });
  return toolMissing(tool, error);
}

/** The failure of a run whose tool is not there. */
export function toolMissing(tool: string, cause?: unknown): DriverError {
  return new DriverError('unsupported', `${tool} is not installed`, {
    hint: `Install the package that brings ${tool}, or set its path in the driver's config.`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The failure of a run that took too long. */
export function timedOut(tool: string, timeoutMs: number): DriverError {
  return new DriverError('timeout', `${tool} did not end within ${timeoutMs} ms and was ended`);
}

/** The failure of a run whose signal was aborted: the reason itself where that is a `DriverError`. */
export function canceled(tool: string, signal: AbortSignal | undefined): DriverError {
  const reason: unknown = signal?.reason;
  return isDriverError(reason)
    ? reason
    : new DriverError('canceled', `${tool} was ended: the call is canceled`);
}
