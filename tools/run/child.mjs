import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a program of the project under its own Node, with our input and output. Resolves to its exit status.
 * SIGINT, SIGTERM and SIGHUP are passed on, each at most once a second: a terminal, npm and a supervisor may all
 * send the same one.
 */
export async function runForeground(workplace, args) {
  const child = spawn(workplace.node, args, { cwd: workplace.root, env: workplace.env, stdio: 'inherit' });
  const passedAt = new Map();
  const pass = (signal) => {
    const now = performance.now();
    if (now - (passedAt.get(signal) ?? -Infinity) < 1_000) return;
    passedAt.set(signal, now);
    child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass);
  const watch = watchParent(() => pass('SIGTERM'));
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** Tells when the npm that started us is gone: killed outright, it can pass nothing on. */
function watchParent(tell) {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  return setInterval(() => process.ppid === parent || tell(), 500);
}

/**
 * Runs a program without showing its output. Resolves to `{ code, output }`, with the last 20 000 characters of
 * standard output and standard error; code 127 when there is no such program. It is asked nothing: no input.
 */
export async function runQuietly(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return await new Promise((resolve) => {
    child.on('error', (error) =>
      resolve({ code: error.code === 'ENOENT' ? 127 : 126, output: error.message }),
    );
    child.on('close', (code, signal) =>
      resolve({ code: code ?? 128 + (constants.signals[signal] ?? 0), output }),
    );
  });
}
