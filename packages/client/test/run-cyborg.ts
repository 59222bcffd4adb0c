import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';

const packageDir = dirname(createRequire(import.meta.url).resolve('@cyborgjs/client/package.json'));

/** The command as a program and its first arguments. */
export const cyborgProgram: readonly string[] = [
  process.execPath,
  '--conditions=cyborg-source',
  '--disable-warning=ExperimentalWarning',
  join(packageDir, 'src', 'main.ts'),
];

/** Where Node keeps compiled sources, so that each start of the command does not compile them again. */
const compileCache = join(tmpdir(), 'cyborg-test-compile-cache');

export interface CyborgRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunningCyborg {
  readonly child: ChildProcess;
  readonly ended: Promise<CyborgRun>;
}

/** Starts a program in an environment that says nothing of any service but what is given. */
export function startProgram(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  input: 'ignore' | 'pipe' = 'ignore',
): RunningCyborg {
  const [program = '', ...args] = words;
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', NODE_COMPILE_CACHE: compileCache, ...environment },
    stdio: [input, 'pipe', 'pipe'],
  });
  const ended = Promise.all([
    new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve)),
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
  ]).then(([code, out, err]) => ({ code, out, err }));
  return { child, ended };
}

/** Runs a program to its end. */
export function runProgram(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<CyborgRun> {
  return startProgram(words, environment).ended;
}

/** Starts the command as a process of its own. */
export function startCyborg(args: readonly string[], environment: NodeJS.ProcessEnv = {}): RunningCyborg {
  return startProgram([...cyborgProgram, ...args], environment);
}

/** Runs the command to its end. */
export function runCyborg(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<CyborgRun> {
  return startCyborg(args, environment).ended;
}
