import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningService, startService } from './running-service.ts';

const command = fileURLToPath(new URL('../../client/src/main.ts', import.meta.url));
const gpu = 'sim1:0000:83:00.0';

let directory: string;
let service: RunningService;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-operator-'));
  const machine = { kind: 'simulated', root: join(directory, 'machine') };
  const drivers = [{ package: '@cyborgjs/driver-gpu' }];
  service = await startService({
    stateDir: directory,
    agent: { hosts: [{ name: 'sim1', machine, drivers }] },
  });
}, 60_000);
afterAll(async () => {
  await service.stop();
  rmSync(directory, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `cyborg` as a person would, with the token that the service left in its state directory. */
function cyborg(...args: string[]): Promise<Ended> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, CYBORG_ENDPOINT: service.url, CYBORG_STATE_DIR: directory };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=cyborg-source', command, ...args],
      { env },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

it('finds the hosts, makes a GPU ready, closes it and opens it again', { timeout: 60_000 }, async () => {
  expect((await cyborg('host', 'list')).stdout).toMatch(/sim1 +up +1 running +2 /);
  expect(await cyborg('discover', 'sim1')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('done'),
  });

  const ready = await cyborg('device', 'ready', gpu);
  expect(ready).toMatchObject({ code: 0, stdout: expect.stringContaining(`install ${gpu}: done`) });
  const states = async () => {
    const { stdout } = await cyborg('device', 'list', '--json');
    return (JSON.parse(stdout) as { address: string; state: string }[]).map(({ address, state }) => [
      address,
      state,
    ]);
  };
  expect(await states()).toEqual([
    ['0000:83:00.0', 'ready'],
    ['0000:84:00.0', 'discovered'],
  ]);

  expect((await cyborg('device', 'disable', gpu)).code).toBe(0);
  expect(await states()).toContainEqual(['0000:83:00.0', 'disabled']);
  expect((await cyborg('device', 'enable', gpu)).code).toBe(0);
  expect(await states()).toContainEqual(['0000:83:00.0', 'ready']);
  expect((await cyborg('operation', 'list')).stdout).toMatch(/install +succeeded/);
});

it('chooses devices by what they are, and shows how one felt', { timeout: 60_000 }, async () => {
  const plan = await cyborg('device', 'ready', '--host', 'sim*', '--trait', 'CUSTOM_GPU_*', '--dry-run');
  expect(plan.stderr).toContain('ready: 1 device; 1 is left alone');
  expect(plan.stdout).toMatch(
    /0000:83:00\.0 .*nothing: it is ready +simulated\n.*0000:84:00\.0 .* ready +simulated\n/,
  );
  expect((await cyborg('device', 'health', gpu)).stdout).toMatch(/ now .* ok\n$/);
});

it('tells an operator what is not possible, and why', async () => {
  const refused = await cyborg('device', 'enable', 'sim1:0000:84:00.0');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('device is discovered; "enable" is possible only when it is disabled');
});

it('limits a project, and sees who did so', { timeout: 60_000 }, async () => {
  expect(await cyborg('quota', 'list')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('No project has limits of its own'),
  });
  const set = await cyborg('quota', 'set', 'p1', 'FPGA=4', '*=16', 'PGPU=-1');
  expect(set).toMatchObject({ code: 0, stdout: expect.stringMatching(/FPGA +0 +4 +project\nPGPU +0 +any/) });
  expect((await cyborg('quota', 'set', 'p1', 'PGPU=default')).stdout).not.toContain('PGPU');
  expect((await cyborg('quota', 'list')).stdout).toMatch(/p1 +\*=16 FPGA=4/);
  expect((await cyborg('quota', 'show', 'p1', '--json')).stdout).toContain('"limit": 16');
  for (const nonsense of ['FPGA', 'fpga=1', 'FPGA=-2', 'FPGA=1=2', 'FPGA=x', 'FPGA='])
    expect(await cyborg('quota', 'set', 'p1', nonsense)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`"${nonsense}" is no limit`),
    });

  const seen = await cyborg('audit', '--target', 'p1', '--limit', '1');
  expect(seen.stdout).toMatch(/admin .* PATCH \/v3\/quotas\/:project +p1 +done 200/);
  const all = JSON.parse((await cyborg('audit', '--json', '--since', '2026-01-01')).stdout);
  expect(all.filter(({ route }: { route: string }) => route.includes('quotas'))).toHaveLength(2);
  expect((await cyborg('audit', '--until', '2000-01-01')).stderr).toContain('No request fits.');
  expect(await cyborg('audit', '--since', 'yesterday')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--since yesterday'),
  });
});
