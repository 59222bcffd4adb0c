import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRealPlacement } from '../../packages/placement-client/src/testing/real-placement.ts';
import { endProcess, isRunning, processOf } from './running-process.ts';

const isMissing = (await findRealPlacement({ ...process.env, CYBORG_TEST_PLACEMENT_URL: '' })) === undefined;
const run = promisify(execFile);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-peers-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const peers = (command: string) =>
  run(process.execPath, [join(import.meta.dirname, 'peers.ts'), command], {
    env: { ...process.env, CYBORG_PEERS_DIR: directory },
  });

describe.skipIf(isMissing)('peers (skipped where Placement is not installed)', () => {
  it('come up once, stay when their starter is gone, and go down', { timeout: 60_000 }, async () => {
    const { stdout } = await peers('up');
    const url = /^CYBORG_TEST_PLACEMENT_URL=(http:\S+)\n$/.exec(stdout)?.[1] ?? '';
    expect((await fetch(url)).status).toBe(200);
    expect((await peers('up')).stdout).toBe(stdout);
    await peers('down');
    await expect(fetch(url)).rejects.toThrow();
    await peers('down');
  });
});

describe('running process', () => {
  it('is known by number and start time, and never taken for another', async () => {
    const self = await processOf(process.pid);
    expect(await isRunning(self)).toBe(true);
    expect(await isRunning({ ...self, startTime: '1' })).toBe(false);
    // Would end this very test if it looked at the number only.
    await endProcess({ ...self, startTime: '1' });
    await expect(processOf(2 ** 22 + 1)).rejects.toThrow('no process');
  });
});

it('peers says how it is used', async () => {
  await expect(peers('sideways')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('up|down'),
  });
});
