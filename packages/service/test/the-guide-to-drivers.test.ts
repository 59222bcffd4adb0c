import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@cyborgjs/openstack-session/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { patternOf, readGuide } from './guide/read-guide.ts';
import { makePrograms, runStep } from './guide/run-steps.ts';
import { until } from './until.ts';

const guide = fileURLToPath(new URL('../../../docs/guide/write-a-driver.md', import.meta.url));

let directory: string;
let port: number;
let env: NodeJS.ProcessEnv;
let service: ChildProcess | undefined;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-write-a-driver-'));
  symlinkSync(fileURLToPath(new URL('../../../examples', import.meta.url)), join(directory, 'examples'));
  port = await freePort();
  env = {
    PATH: `${makePrograms(directory)}:${process.env.PATH}`,
    CYBORG_ENDPOINT: `http://127.0.0.1:${port}`,
    CYBORG_STATE_DIR: join(directory, 'lab/state'),
  };
});
afterAll(async () => {
  if (service !== undefined && service.exitCode === null) {
    const ended = once(service, 'exit');
    service.kill();
    await ended;
  }
  rmSync(directory, { recursive: true, force: true });
});

/** With a port that is free here. */
const here = (text: string): string => text.replaceAll('8788', String(port));

it.each(readGuide(guide, 'Try it'))('$place', { timeout: 120_000 }, async (step) => {
  if (step.script.startsWith('cyborgd all')) return startService(step.script);
  const out = await runStep(here(step.script), { env, cwd: directory });
  if (step.printed !== undefined) expect(out).toMatch(patternOf(here(step.printed)));
});

async function startService(script: string): Promise<void> {
  service = spawn('/bin/sh', ['-c', `exec ${script}`], { env, cwd: directory, stdio: 'ignore' });
  const list = () => runStep('cyborg device list --quiet', { env, cwd: directory }).catch(() => '');
  await until('the device is reported', async () => (await list()).trim() !== '', 90_000);
}
