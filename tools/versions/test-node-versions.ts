// Runs the packages that are for everybody on other versions of Node: their suites on the sources, and what is packed.
//
//   npm run versions             22, 24 and 26
//   npm run versions -- 22       one of them
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { packPackages } from '../build/pack-packages.ts';
import { repositoryRoot } from '../gate/source-tree.ts';
import { toolArguments } from '../tool-arguments.ts';

const usual = ['22', '24', '26'];
const suites = ['packages/openstack-session/src', 'packages/placement-client/src'];
// A real server would tell nothing more of another Node than the double does.
const ours = ['--testNamePattern', '^(?!.*(of the real server|real Placement|real Keystone))', ...suites];
const smokes = ['smoke.mjs', 'smoke.cjs'];
const smokedPackages = ['@cyborgjs/openstack-session', '@cyborgjs/placement-client'];

/** The Node of a version, out of npm's package `node`; kept for the next time. */
async function nodeOf(version: string): Promise<string> {
  const directory = join(repositoryRoot, 'node_modules/.cache/node-versions', version);
  const node = join(directory, 'node_modules/node/bin/node');
  if (existsSync(node)) return node;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--no-audit', '--no-fund', '--silent', `node@${version}`], directory);
  return node;
}

/** A project that has the packed packages. */
async function installPacked(directory: string): Promise<void> {
  const packed = await packPackages(directory);
  const tarballs = packed.filter(({ name }) => smokedPackages.includes(name)).map(({ tarball }) => tarball);
  writeFileSync(join(directory, 'package.json'), '{ "private": true, "type": "module" }');
  await run('npm', ['install', '--no-audit', '--no-fund', '--silent', ...tarballs], directory);
  for (const file of smokes) copyFileSync(join(import.meta.dirname, file), join(directory, file));
}

/** @throws Error when it ends with another status than 0 */
async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const path = `${dirname(program)}${delimiter}${process.env.PATH ?? ''}`;
  const env = { ...process.env, ...(program.includes('/') && { PATH: path }) };
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const status = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject).on('exit', (code, signal) => resolve(code ?? signal ?? 1));
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
}

const asked = toolArguments(import.meta.filename, { allowPositionals: true }).positionals;
const project = mkdtempSync(join(tmpdir(), 'cyborg-versions-'));
try {
  await run(process.execPath, ['tools/build/build-packages.ts'], repositoryRoot);
  await installPacked(project);
  for (const version of asked.length > 0 ? asked : usual) {
    const node = await nodeOf(version);
    console.log(`Node ${version}`);
    for (const file of smokes) await run(node, [file], project);
    await run(node, ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', ...ours], repositoryRoot);
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}
