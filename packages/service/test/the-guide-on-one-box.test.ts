import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@cyborgjs/openstack-session/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { patternOf, readGuide } from './guide/read-guide.ts';
import { makePrograms, runStep } from './guide/run-steps.ts';
import { until } from './until.ts';

const guide = fileURLToPath(new URL('../../../docs/guide/user-workflow.md', import.meta.url));
const [start, ...steps] = readGuide(guide, 'On one box');

let directory: string;
let env: NodeJS.ProcessEnv;
let daemon: ChildProcess;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-guide-'));
  const port = await freePort();
  env = {
    PATH: `${makePrograms(directory)}:${process.env.PATH}`,
    HOME: directory,
    CYBORG_LISTEN: `127.0.0.1:${port}`,
    CYBORG_ENDPOINT: `http://127.0.0.1:${port}`,
  };
  // The one command that does not end by itself; its drivers end with it.
  daemon = spawn('/bin/sh', ['-c', `exec ${start?.script ?? ''}`], { env, cwd: directory, stdio: 'ignore' });
  await until(
    'the hosts are scanned',
    async () => {
      const listed = await runStep('cyborg device list -q', { env, cwd: directory }).catch(() => '');
      return listed.trim().split('\n').length >= 4;
    },
    90_000,
  );
}, 120_000);
afterAll(async () => {
  const ended = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  await ended;
  rmSync(directory, { recursive: true, force: true });
}, 30_000);

it('begins with the service', () => expect(start?.script).toBe('cyborgd all --demo\n'));

it.each(steps)('$place', { timeout: 60_000 }, async ({ script, printed }) => {
  const out = await runStep(script, { env, cwd: directory });
  if (printed !== undefined) expect(out).toMatch(patternOf(printed));
});
