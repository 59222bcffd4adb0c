import type { ResourceClass, Uuid } from '@cyborgjs/core';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDeployable, aDevice, aHandle } from '../../test/a-discovered-device.ts';
import { asker, benchHost, type ConductorBench, openConductorBench } from '../../test/conductor-bench.ts';
import { newId } from '../../test/test-store.ts';
import { defaultConductorSettings } from './conductor-settings.ts';
import { reconcileHosts } from './reconcile-worker.ts';

const { reconcileGraceMs } = defaultConductorSettings;
const provider = newId();
const resourceClass = 'VGPU' as ResourceClass;

let bench: ConductorBench;
beforeEach(async () => {
  bench = await openConductorBench();
  await bench.tell({ kind: 'hello' });
  const handles = Array.from({ length: 8 }, (_, at) => aHandle(`mdev${at}`, { type: 'MDEV', info: {} }));
  await bench.report([aDevice({ deployables: [aDeployable('vgpus', { resourceClass, handles })] })]);
  const ready = await bench.conductor.makeDeviceReady({ device: (await bench.device()).id, ...asker });
  await bench.answer(ready.id, { kind: 'succeeded', result: {} });
  await bench.tell({ kind: 'providers', providers: [{ deployable: 'vgpus', providerId: provider }] });
});
afterEach(() => bench.end());

const tellHeld = () => bench.tell({ kind: 'attachments', attachments: [], unreadable: [] });
const reconcile = () => reconcileHosts(bench.context);

/** Servers with a mediated device each, which their host has had attached. */
async function bound(count: number): Promise<Uuid[]> {
  const groups = [{ 'resources:VGPU': '1' }];
  const profile = await bench.conductor.createDeviceProfile({ name: newId(), description: null, groups });
  const ids: Uuid[] = [];
  for (let made = 0; made < count; made += 1) {
    const [request] = await bench.conductor.createAcceleratorRequests({
      profileName: profile.name,
      projectId: 'p',
      ...asker,
    });
    const id = request?.id as Uuid;
    const place = { host: benchHost, instanceId: newId(), providerId: provider };
    await bench.conductor.bindAcceleratorRequests({
      bindings: [{ ...place, id }],
      onlyProject: null,
      ...asker,
    });
    const { operationId } = (await bench.store.acceleratorRequests.find(id)) ?? {};
    await bench.answer(operationId ?? '', { kind: 'succeeded', result: {} });
    ids.push(id);
  }
  await bench.commands();
  return ids;
}

describe('what a host has lost', () => {
  it('is not attached again for a server that has gone meanwhile', async () => {
    const ids = await bound(1);
    bench.clock.advance(reconcileGraceMs);
    await tellHeld();
    await reconcile();
    const [again] = await bench.commands();
    expect(again).toMatchObject({ kind: 'operation', verb: 'attach' });
    await bench.conductor.deleteAcceleratorRequests({
      which: { ids },
      evenServed: true,
      onlyProject: null,
      ...asker,
    });
    expect(await bench.commands()).toMatchObject([
      { kind: 'cancel', operationId: (again as { operationId: Uuid }).operationId },
      { kind: 'operation', verb: 'detach' },
    ]);
  });
});

describe('reconciliation', () => {
  const attach = () =>
    bench.conductor.createAttachment({
      consumer: { type: 'host', id: 'vm-1' },
      projectId: 'p',
      resourceClass,
      ...asker,
    });

  it('asks the database no more often for more that is held', async () => {
    const cost = async () => {
      const before = bench.statements.length;
      await reconcile();
      return bench.statements.length - before;
    };
    await tellHeld();
    const few = await cost();
    await bound(3);
    for (let made = 0; made < 3; made += 1) await attach();
    expect(await cost()).toBe(few);
  });

  it('of a host goes on though that of another cannot be done', async () => {
    await bound(1);
    bench.clock.advance(reconcileGraceMs);
    await tellHeld();
    const broken = { agentRun: 1, observedAt: 0, toldAt: 0 };
    const entries = [{ driver: 'gpu', handle: 'a', held: {} as never, since: 0 }];
    await bench.store.transaction(async ({ hosts, hostLedgers }) => {
      await hosts.ensure('an-earlier-host');
      await hostLedgers.put({ host: 'an-earlier-host', ...broken, entries });
    });
    const lines: string[] = [];
    const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
    await reconcileHosts({ ...bench.context, log });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ host: 'an-earlier-host' }]);
    expect(await bench.commands()).toMatchObject([{ verb: 'attach' }]);
  });
});
