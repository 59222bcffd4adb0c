import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditRecord, Device, Page } from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { hashToken } from '../../src/api/token-authenticator.ts';
import { cyborgd } from '../cyborgd.ts';
import { type RunningService, startService } from '../running-service.ts';
import { testDatabases } from '../test-store.ts';
import { until } from '../until.ts';
import { type CyborgArq, putBoundArq, putCard, putProfile } from './a-cyborg.ts';
import { type CyborgDatabase, createCyborgDatabase } from './cyborg-database.ts';

const missing = testDatabases.find(({ kind }) => kind === 'mysql')?.missing;
const host = 'sim1';
const card = '0000:83:00.0';

describe.skipIf(missing !== undefined)(`a cloud switches${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let directory: string;
  let db: CyborgDatabase;
  let arq: CyborgArq;
  let service: RunningService | undefined;
  const tokens = [
    { name: 'nova', sha256: hashToken('nova'), roles: ['service'], project: 'service' },
    { name: 'user', sha256: hashToken('user'), roles: ['member'], project: 'p1' },
  ];
  const settings = () => ({
    stateDir: directory,
    api: { listen: { port: 0 }, auth: { kind: 'token', tokens } },
    agent: {
      rescanIntervalMs: 1_000,
      hosts: [
        {
          name: host,
          machine: { kind: 'simulated', root: join(directory, 'machine') },
          drivers: [{ package: '@cyborgjs/driver-gpu' }],
        },
      ],
    },
  });

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cyborg-switch-'));
    writeFileSync(join(directory, 'cyborg.yaml'), stringify({ log: { level: 'silent' }, ...settings() }));
    db = await createCyborgDatabase();
    const source = await putCard(db, { host, address: card });
    for (let number = 0; number < 150; number += 1)
      await putCard(db, {
        host: `other${number % 10}`,
        address: `0000:${number.toString(16).padStart(2, '0')}:01.0`,
      });
    const profile = await putProfile(db);
    arq = await putBoundArq(db, { profile, card: source, row: { hostname: host } });
  }, 120_000);
  afterAll(async () => {
    await service?.stop();
    await db.drop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  const bringOver = (args: readonly string[], killAfterMs?: number) =>
    cyborgd(['import', '--config', join(directory, 'cyborg.yaml'), ...args], {
      env: { CYBORG_IMPORT_FROM: db.url },
      ...(killAfterMs === undefined ? {} : { killAfterMs }),
    });

  it('looks first, then brings all of it over, however often it is killed before', {
    timeout: 180_000,
  }, async () => {
    const looked = await bringOver([]);
    expect(looked).toMatchObject({ code: 0, stderr: '' });
    expect(looked.stdout).toMatch(/devices +151 +151\n/);
    expect(looked.stdout).toContain('This was a dry run: nothing was written.');
    for (const afterMs of [900, 1_300, 1_700]) await bringOver(['--apply'], afterMs);
    const done = await bringOver(['--apply', '--json']);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(done.stdout)).toMatchObject({ applied: true, revision: '6c77bd6afea5' });
    const again = JSON.parse((await bringOver(['--json'])).stdout);
    expect(again.counts).toMatchObject({
      devices: { found: 151, added: 0 },
      accelerator_requests: { found: 1, added: 0 },
    });
  });

  it('serves its servers from then on: what they have is theirs, and comes free with them', {
    timeout: 120_000,
  }, async () => {
    service = await startService(settings());
    const { url, get } = service;
    const devices = async () => (await get<Page<Device>>(`/v3/devices?host=${host}`)).items;
    const gpu = await until('the driver has reported the card', async () =>
      (await devices()).find(({ driver, address }) => driver !== 'imported' && address === card),
    );
    expect(gpu).toMatchObject({ state: 'ready', deployables: [{ handles: [{ inUse: true }] }] });
    expect((await devices()).map(({ address }) => address).sort()).toEqual([card, '0000:84:00.0']);

    const user = (path: string, init: RequestInit = {}) =>
      fetch(`${url}/accelerator${path}`, {
        ...init,
        headers: { 'x-auth-token': 'user', 'x-service-token': 'nova' },
      });
    const asked = `/v2/accelerator_requests?instance=${arq.instance}`;
    expect(await (await user(asked)).json()).toMatchObject({
      arqs: [
        {
          uuid: arq.uuid,
          state: 'Bound',
          hostname: host,
          attach_handle_type: 'PCI',
          attach_handle_info: { domain: '0000', bus: '83', device: '00', function: '0' },
        },
      ],
    });
    expect((await user(asked, { method: 'DELETE' })).status).toBe(204);
    expect((await devices()).find(({ id }) => id === gpu.id)?.deployables[0]?.handles).toMatchObject([
      { id: card, inUse: false },
    ]);
    const { items } = await get<Page<AuditRecord>>('/v3/audit');
    expect(items).toMatchObject([
      {
        userId: 'user',
        serviceUserId: 'nova',
        projectId: 'p1',
        target: `instance ${arq.instance}`,
        status: 204,
      },
    ]);
  });

  it('writes nothing where something here is in the way, and says what', { timeout: 60_000 }, async () => {
    await putCard(db, { host: 'late' });
    await db.query(`update device_profiles set uuid = uuid(), profile_json = '{"groups": [{}]}'`);
    const refused = await bringOver(['--apply']);
    expect(refused).toMatchObject({
      code: 78,
      stdout: expect.stringMatching(/refused device_profiles 1 .*: device profile gpu .* is here already/),
      stderr: expect.stringContaining('1 rows are refused'),
    });
    expect(refused.stdout).toContain('Nothing was written.');
    expect((await service?.get<Page<Device>>('/v3/devices?host=late'))?.items).toEqual([]);
  });

  it('says what is wrong with the address, and shows no password', { timeout: 60_000 }, async () => {
    const refused = await bringOver(['--from', 'mysql://root:hunter2@127.0.0.1:1/cyborg']);
    expect(refused).toMatchObject({
      code: 75,
      stderr: expect.stringContaining("Cyborg's database cyborg at 127.0.0.1 cannot be opened"),
    });
    expect(refused.stderr).not.toContain('hunter2');
  });
});
