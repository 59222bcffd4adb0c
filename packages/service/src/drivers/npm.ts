import { execFile } from 'node:child_process';
import { CyborgError } from '@cyborgjs/core';

/** Runs npm in a directory and gives its standard output. No script of any package is run. */
export type Npm = (directory: string, args: readonly string[]) => Promise<string>;

const patienceMs = 10 * 60_000;

/**
 * The `npm` of the path, with the operator's own settings (registry, proxy, credentials). Throws
 * `driver.not_installable` with what it said.
 */
export const systemNpm: Npm = (directory, args) =>
  new Promise((resolve, reject) => {
    const words = [
      ...args,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--no-update-notifier',
      '--loglevel=error',
    ];
    execFile(
      'npm',
      words,
      { cwd: directory, timeout: patienceMs, maxBuffer: 1 << 26, encoding: 'utf8' },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        reject(new CyborgError('driver.not_installable', failureText(error, args, stderr), { cause: error }));
      },
    );
  });

function failureText(error: Error & { code?: unknown }, args: readonly string[], stderr: string): string {
  if (error.code === 'ENOENT')
    return 'npm is not installed, or not on the PATH: drivers are installed with it';
  const said = stderr
    .split('\n')
    .map((line) => line.replace(/^npm error( \d+)? ?/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('A complete log of this run'))
    .slice(0, 12)
    .join('\n');
  return `npm ${args[0]} failed: ${said || error.message}`;
}
