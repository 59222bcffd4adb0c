import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { runQuietly } from './child.mjs';
import { explainInstall } from './explain-install.mjs';
import { Failure, hashOf, hasStamp, packageDirectories, writeStamp } from './workplace.mjs';

/**
 * Installs what pnpm-lock.yaml pins, with the pnpm that package.json pins, unless that was done since either
 * changed. Never asks anything and never changes the lockfile.
 */
export async function install(workplace) {
  const manifests = packageDirectories(workplace).map((directory) => `${directory}/package.json`);
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests];
  const wanted = hashOf(workplace, files);
  if (hasStamp(workplace, 'install', wanted) && existsSync(workplace.node)) return;

  const pnpm = JSON.parse(readFileSync(workplace.path('package.json'), 'utf8')).packageManager;
  console.error(`Installing the pinned packages with ${pnpm}; the first time this takes a minute or two.`);
  const begin = performance.now();
  let result = await installOnce(workplace, pnpm);
  if (result.code !== 0 && explainInstall(result).mayPass) {
    console.error('The package registry did not answer well; trying once more.');
    await setTimeout(5_000);
    result = await installOnce(workplace, pnpm);
  }
  if (result.code !== 0) {
    const { message, remedy } = explainInstall(result);
    throw new Failure(`${result.output.trim().split('\n').slice(-25).join('\n')}\n\n${message}`, remedy);
  }
  if (!existsSync(workplace.node)) {
    throw new Failure(
      `The install script of the package "node" did not run: ${workplace.node} is missing.`,
      'Remove ignore-scripts from .npmrc (npm config get ignore-scripts), remove node_modules, and run this again.',
    );
  }
  writeStamp(workplace, 'install', wanted);
  console.error(`Installed in ${Math.round((performance.now() - begin) / 1_000)} s.`);
}

async function installOnce(workplace, pnpm) {
  return await runQuietly('npx', ['--yes', pnpm, 'install', '--frozen-lockfile'], {
    cwd: workplace.root,
    env: installEnvironment(process.env),
  });
}

/**
 * The environment for pnpm: `CI` so that it asks nothing, `pm_on_fail` so that it does not look for a pnpm to run
 * instead of itself, and without what would make it leave out development dependencies or think that it runs
 * within another package's script.
 */
export function installEnvironment(env) {
  const unwanted = /^(NODE_ENV|npm_(package|lifecycle)_.*|npm_config_(production|omit|include|only|dev))$/i;
  const kept = Object.entries(env).filter(([name]) => !unwanted.test(name));
  return { ...Object.fromEntries(kept), CI: '1', npm_config_yes: 'true', pnpm_config_pm_on_fail: 'ignore' };
}
