import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding, Host } from '@cyborgjs/core';
import { createSession, noAuth } from '@cyborgjs/openstack-session';
import { createPlacement, type Placement } from '@cyborgjs/placement-client';
import { type FaultyServer, startPlacementDouble } from '@cyborgjs/placement-client/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providerName, providerUuid } from '../src/agent/provider-tree.ts';
import { cyborgd } from './cyborgd.ts';
import { type RunningService, startService } from './running-service.ts';
import { type ScriptedGlance, startScriptedGlance } from './scripted-glance.ts';
import { until } from './until.ts';

const host = 'sim-doctor';
const slow = { timeout: 60_000 };

describe('cyborgd doctor', () => {
  let directory: string;
  let double: FaultyServer;
  let glance: ScriptedGlance;
  let placement: Placement;
  let close: () => Promise<void>;
  let service: RunningService;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cyborg-doctor-'));
    double = await startPlacementDouble();
    glance = await startScriptedGlance();
    const session = createSession({ auth: noAuth({ endpoint: double.url }) });
    close = () => session.close();
    placement = createPlacement(session);
    const machine = { kind: 'simulated', root: join(directory, 'machine') };
    service = await startService({
      stateDir: directory,
      agent: { hosts: [{ name: host, machine, drivers: [{ package: '@cyborgjs/driver-gpu' }] }] },
      placement: { auth: { kind: 'none', endpoint: double.url } },
      glance: { auth: { kind: 'none', endpoint: glance.url } },
    });
    await until(
      'the tree stands',
      async () => (await service.get<Host>(`/v3/hosts/${host}`)).placement.agreedAt !== null,
    );
  }, 90_000);
  afterAll(async () => {
    await service.stop();
    await close();
    await double.close();
    await glance.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function look() {
    const { code, stdout } = await cyborgd(['doctor', '--json', '--config', join(directory, 'cyborg.yaml')]);
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    return { code, of: (check: string) => findings.find((found) => found.check === check) };
  }

  it('finds all well, and Placement as the agent wants it', slow, async () => {
    const { code, of } = await look();
    expect(of('configuration')).toMatchObject({ state: 'ok', found: 'holds; drivers: gpu' });
    expect(of(`driver gpu on ${host}`)).toMatchObject({ state: 'ok' });
    expect(of(`Placement and ${host}`)).toMatchObject({ state: 'ok', found: 'agree on 2 providers' });
    expect(of('Glance')).toMatchObject({ state: 'ok', found: `answers at ${glance.url}` });
    expect(of('Nova')).toBeUndefined();
    expect(code).toBe(0);
  });

  it('says what somebody has changed in Placement, and ends with 78', slow, async () => {
    const uuid = providerUuid(providerName(host, '0000:83:00.0'));
    const { resource_provider_generation: generation } = await placement.inventories.get(uuid);
    await placement.inventories.replace(uuid, {
      resource_provider_generation: generation,
      inventories: { PGPU: { total: 7 } },
    });
    const { code, of } = await look();
    expect(of(`Placement and ${host}`)).toMatchObject({ state: 'failed' });
    expect(of(`Placement and ${host}`)?.found).toContain('PGPU');
    expect(code).toBe(78);
  });

  it('says how to close a state directory that others can read', slow, async () => {
    chmodSync(directory, 0o755);
    const { code, of } = await look();
    chmodSync(directory, 0o700);
    expect(of('state directory')).toMatchObject({
      state: 'failed',
      help: `Close it with: chmod 700 ${directory}`,
    });
    expect(code).toBe(78);
  });
});

it('looks at the machine even where the configuration cannot be read', slow, async () => {
  const { code, stdout } = await cyborgd(['doctor', '--json', '--set', 'api.listen.port=x']);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  expect(findings[0]).toMatchObject({ check: 'configuration', state: 'failed' });
  expect(findings.map(({ check }) => check)).toContain('IOMMU');
  expect(code).toBe(78);
});
