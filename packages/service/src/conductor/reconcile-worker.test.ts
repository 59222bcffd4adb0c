import type { ResourceClass, Uuid } from '@cyborgjs/core';
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
  const handles = ['a', 'b', 'c'].map((id) => aHandle(id, { type: 'MDEV', info: {} }));
  await bench.report([aDevice({ deployables: [aDeployable('vgpus', { resourceClass, handles })] })]);
  await bench.tell({ kind: 'providers', providers: [{ deployable: 'vgpus', providerId: provider }] });
});
afterEach(() => bench.end());

const tellHeld = (host = benchHost) =>
  bench.tell({ kind: 'attachments', host, attachments: [], unreadable: [] });
const reconcile = () => reconcileHosts(bench.context);

/** Servers with a mediated device each, which their host has had attached. */
async function bound(count: number): Promise<Uuid[]> {
  const groups = [{ 'resources:VGPU': '1' }];
  const profile = await bench.conductor.createDeviceProfile({ name: 'one', description: null, groups });
  const ids: Uuid[] = [];
  for (let made = 0; made < count; made += 1) {
    const [request] = await bench.conductor.createAcceleratorRequests({ profile, projectId: 'p', ...asker });
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
