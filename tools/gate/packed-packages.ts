// Looks at every package as npm users get it, packed: manifest and files with publint, types with
// @arethetypeswrong/cli. Needs a build. Alone: node tools/gate/packed-packages.ts
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type PackedPackage, packPackages } from '../build/pack-packages.ts';
import { type Finding, reportFindings, wall } from './finding.ts';
import { repositoryRoot } from './source-tree.ts';

/** What the two say of a package; nothing when all is well. */
export async function checkPackedPackage({ directory, tarball }: PackedPackage): Promise<Finding[]> {
  const complaints = await Promise.all([
    complaintOf('publint', ['run', tarball, '--strict']),
    // We publish ESM only, which CommonJS can require; attw knows that of no version of Node yet.
    complaintOf('attw', [
      tarball,
      ...['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm'],
      ...['--no-color', '--no-emoji'],
    ]),
  ]);
  const path = `${directory}/package.json`;
  return complaints.flatMap((text) => (text === undefined ? [] : [wall(path, undefined, text)]));
}

async function complaintOf(program: string, args: readonly string[]): Promise<string | undefined> {
  const file = join(repositoryRoot, 'node_modules', '.bin', program);
  try {
    await promisify(execFile)(file, [...args], { env: { ...process.env, NO_COLOR: '1' } });
    return undefined;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    return `${program}: ${`${stdout}${stderr}`.trim() || message}`;
  }
}

if (import.meta.main) {
  const directory = mkdtempSync(join(tmpdir(), 'cyborg-packed-'));
  try {
    const queue = await packPackages(directory);
    const findings: Finding[] = [];
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift())
        findings.push(...(await checkPackedPackage(next)));
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
    process.exitCode = reportFindings(findings);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
