import type { DiscoveredDevice, ResourceClass, Uuid } from '@cyborgjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aDeployable, aDevice, aHandle } from '../../test/a-discovered-device.ts';
import {
  benchHost,
  type ConductorBench,
  openConductorBench,
  operationsIn,
} from '../../test/conductor-bench.ts';
import { type ScriptedNova, startScriptedNova } from '../../test/scripted-nova.ts';
import { memoryDatabase, newId, suiteName, testDatabases } from '../../test/test-store.ts';
import type { StoredAcceleratorRequest } from '../store/accelerator-request.ts';
import type { StoredDeviceProfile } from '../store/device-profile.ts';
import { createOrphanSweep } from './orphan-worker.ts';

const asAdmin = { requestedBy: 'nova', onlyProject: null };
const pool = newId();
const vgpus = newId();
const elsewhere = newId();

/** A NIC with four functions, a GPU with two mediated devices, and another NIC on another host. */
function aPool(count = 4): DiscoveredDevice {
  const handles = Array.from({ length: count }, (_, index) => aHandle(`0000:17:01.${index}`));
  const deployables = [aDeployable('pool', { resourceClass: 'CUSTOM_NIC' as ResourceClass, handles })];
  return aDevice({ identity: 'NIC-1', address: '0000:17:00.0', deployables });
}
const aVgpu = aDevice({
  deployables: [
    aDeployable('vgpus', {
      resourceClass: 'VGPU' as ResourceClass,
      handles: ['a', 'b'].map((id) => aHandle(id, { type: 'MDEV', info: { asked_type: 'nvidia-223' } })),
    }),
  ],
});

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('accelerator requests', database), () => {
    let scripted: ScriptedNova;
    let bench: ConductorBench;
    let profile: StoredDeviceProfile;
    beforeAll(async () => {
      scripted = await startScriptedNova();
    });
    afterAll(() => scripted.close());
    beforeEach(async () => {
      scripted.answer = { code: 422 };
      scripted.calls.splice(0);
      scripted.servers.clear();
      bench = await openConductorBench(database, {}, { nova: scripted.nova });
      await bench.tell({ kind: 'hello' });
      await bench.report([aPool(), aVgpu]);
      await bench.tell({
        kind: 'providers',
        providers: [
          { deployable: 'pool', providerId: pool },
          { deployable: 'vgpus', providerId: vgpus },
        ],
      });
      profile = await bench.conductor.createDeviceProfile({
        name: 'two-groups',
        description: null,
        groups: [{ 'resources:CUSTOM_NIC': '2' }, { 'resources:VGPU': '1' }],
      });
    });
    afterEach(() => bench.end());

    const create = (projectId = 'p1') =>
      bench.conductor.createAcceleratorRequests({ profileName: profile.name, projectId, requestedBy: 'u' });
    const find = async (id: Uuid) => {
      const found = await bench.store.acceleratorRequests.find(id);
      if (found === undefined) throw new Error(`no request ${id}`);
      return found;
    };
    const bindTo = (
      requests: readonly Pick<StoredAcceleratorRequest, 'id'>[],
      providerId: Uuid = pool,
      more: { instanceId?: Uuid; host?: string; onlyProject?: string } = {},
    ) =>
      bench.conductor.bindAcceleratorRequests({
        bindings: requests.map(({ id }) => ({
          host: benchHost,
          instanceId: newId(),
          providerId,
          id,
          ...more,
        })),
        ...asAdmin,
        ...(more.onlyProject === undefined ? {} : { onlyProject: more.onlyProject }),
      });
    const unbind = (...ids: Uuid[]) => bench.conductor.unbindAcceleratorRequests({ ids, ...asAdmin });
    const remove = (which: { ids: Uuid[] } | { instanceId: Uuid }, evenServed = true) =>
      bench.conductor.deleteAcceleratorRequests({ which, evenServed, ...asAdmin });
    const held = async () => {
      const { items } = await bench.store.deployables.list();
      return items.flatMap(({ handles }) => handles.flatMap(({ holder }) => holder?.id ?? []));
    };
    const three = async () => {
      const [first, second, third] = await create();
      if (!first || !second || !third) throw new Error('expected three requests');
      return [first, second, third] as const;
    };

    it('are made one per accelerator, in the order of the groups', async () => {
      expect(await create()).toMatchObject([
        { state: 'Initial', groupIndex: 0, resourceClass: 'CUSTOM_NIC', projectId: 'p1', handle: null },
        { state: 'Initial', groupIndex: 0, resourceClass: 'CUSTOM_NIC' },
        { state: 'Initial', groupIndex: 1, resourceClass: 'VGPU', deviceProfileName: 'two-groups' },
      ]);
    });

    it('keep their profile from being deleted', async () => {
      const [first] = await create();
      const deletion = bench.conductor.deleteDeviceProfiles([profile.id]);
      await expect(deletion).rejects.toMatchObject({ code: 'device_profile.in_use', kind: 'conflict' });
      await remove({ ids: (await bench.store.acceleratorRequests.list()).map(({ id }) => id) });
      await bench.conductor.deleteDeviceProfiles([profile.id]);
      expect(await bench.store.acceleratorRequests.find(first?.id ?? '')).toBeUndefined();
    });

    it('are bound together within the call, each to a handle of its own, and Nova hears of both at once', async () => {
      const [first, second] = await three();
      const instanceId = newId();
      await bindTo([first, second], pool, { instanceId });
      const bound = [await find(first.id), await find(second.id)];
      expect(bound).toMatchObject([
        { state: 'Bound', host: benchHost, providerId: pool, instanceId, projectId: 'p1' },
        { state: 'Bound' },
      ]);
      expect(new Set(bound.map(({ handle }) => handle?.uuid)).size).toBe(2);
      await bench.tellNova();
      expect(scripted.calls).toEqual([
        [first, second].map(({ id }) => ({
          name: 'accelerator-request-bound',
          server_uuid: instanceId,
          tag: id,
          status: 'completed',
        })),
      ]);
    });

    it.each<[string, (first: StoredAcceleratorRequest) => Promise<void>, string, string]>([
      [
        'unknown providers',
        (first) => bindTo([first], newId()),
        'deployable.not_found',
        'Deployable not found',
      ],
      [
        'a provider of another host',
        (first) => bindTo([first], pool, { host: 'compute2' }),
        'accelerator_request.wrong_host',
        'one of host compute1',
      ],
      [
        'unknown requests',
        () => bindTo([{ id: elsewhere }]),
        'accelerator_request.not_found',
        `uuid=${elsewhere}`,
      ],
      [
        'requests of another project',
        (first) => bindTo([first], pool, { onlyProject: 'p2' }),
        'accelerator_request.not_found',
        'ExtArq not found',
      ],
    ])('refuse %s, and nothing has changed', async (_what, attempt, code, text) => {
      const [first] = await three();
      await expect(attempt(first)).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
      expect(await find(first.id)).toEqual(first);
      expect(await held()).toEqual([]);
    });

    it('are bound once, and a server is given accelerators once', async () => {
      const [first, second] = await three();
      const instanceId = newId();
      await bindTo([first], pool, { instanceId });
      await expect(bindTo([first])).rejects.toMatchObject({
        code: 'state.not_allowed',
        message: expect.stringContaining('Bad state: Bound for ARQ'),
      });
      await expect(bindTo([second], pool, { instanceId })).rejects.toMatchObject({
        code: 'accelerator_request.instance_served',
      });
    });

    it('all fail when one finds nothing free, hold nothing, and say why; Nova is told', async () => {
      const requests = [...(await create()), ...(await create())].filter(
        ({ groupIndex }) => groupIndex === 0,
      );
      const [spare] = await three();
      await bindTo([spare]);
      const instanceId = newId();
      await expect(bindTo(requests, pool, { instanceId })).rejects.toMatchObject({
        code: 'attach_handle.none_free',
      });
      for (const { id } of requests)
        expect(await find(id)).toMatchObject({
          state: 'BindFailed',
          instanceId,
          handle: null,
          failure: expect.stringContaining('none that is free'),
        });
      expect(await held()).toEqual([spare.id]);
      await bench.tellNova();
      expect(scripted.calls.at(-1)?.map(({ status }) => status)).toEqual([
        'failed',
        'failed',
        'failed',
        'failed',
      ]);
    });

    it('never share a handle, however many are bound at once', async () => {
      const requests = (await Promise.all(Array.from({ length: 4 }, () => create()))).flat();
      const nics = requests.filter(({ groupIndex }) => groupIndex === 0);
      const outcomes = await Promise.allSettled(nics.map((request) => bindTo([request])));
      const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(outcomes).toHaveLength(8);
      expect(failures).toHaveLength(4);
      for (const { reason } of failures) expect(reason).toMatchObject({ code: 'attach_handle.none_free' });
      const holders = await held();
      expect(new Set(holders).size).toBe(4);
      for (const id of holders) expect((await find(id)).state).toBe('Bound');
    });

    it('give back what they hold, and can be bound again', async () => {
      const [first] = await three();
      await bindTo([first]);
      await unbind(first.id);
      await unbind(first.id);
      expect(await find(first.id)).toMatchObject({
        state: 'Unbound',
        host: null,
        providerId: null,
        instanceId: null,
        projectId: 'p1',
        handle: null,
      });
      expect(await held()).toEqual([]);
      await bindTo([first]);
      expect(await find(first.id)).toMatchObject({ state: 'Bound' });
    });

    it('are deleted with their server, as often as one likes', async () => {
      const [first, second, third] = await three();
      const instanceId = newId();
      await bindTo([first, second], pool, { instanceId });
      await remove({ instanceId });
      await remove({ instanceId });
      expect((await bench.store.acceleratorRequests.list()).map(({ id }) => id)).toEqual([third.id]);
      expect(await held()).toEqual([]);
    });

    it('that serve a server are deleted by services only; those that are there go, the others are told', async () => {
      const [first, second, third] = await three();
      await bindTo([first]);
      const served = { code: 'accelerator_request.service_only', kind: 'forbidden' };
      await expect(remove({ ids: [second.id, first.id] }, false)).rejects.toMatchObject(served);
      expect(await bench.store.acceleratorRequests.list()).toHaveLength(3);
      const missing = newId();
      await expect(remove({ ids: [second.id, missing, first.id] })).rejects.toMatchObject({
        code: 'accelerator_request.not_found',
        message: `ExtArq not found with uuid=${missing}`,
      });
      expect((await bench.store.acceleratorRequests.list()).map(({ id }) => id)).toEqual([third.id]);
    });

    it('are not deleted past a binding that is under way', async () => {
      for (let round = 0; round < 5; round += 1) {
        const [first] = await three();
        const bound = await Promise.allSettled([bindTo([first]), remove({ ids: [first.id] })]);
        expect(bound[1]?.status).toBe('fulfilled');
        expect(await held()).toEqual([]);
      }
    });

    describe('whose handle a driver has to prepare', () => {
      const begin = async () => {
        const [nic, , vgpu] = await three();
        const instanceId = newId();
        await bench.commands();
        await bench.conductor.bindAcceleratorRequests({
          bindings: [
            { id: nic.id, host: benchHost, providerId: pool, instanceId },
            { id: vgpu.id, host: benchHost, providerId: vgpus, instanceId },
          ],
          ...asAdmin,
        });
        const [attach] = operationsIn(await bench.commands());
        if (attach === undefined) throw new Error('expected a command');
        return { nic, vgpu, instanceId, attach };
      };

      it('are bound when the agent has attached it, and only then does Nova hear of all', async () => {
        const { nic, vgpu, instanceId, attach } = await begin();
        expect(attach).toMatchObject({
          verb: 'attach',
          driver: 'gpu',
          device: { identity: 'GPU-1' },
          arguments: {
            handle: { id: 'a', type: 'MDEV' },
            consumer: { type: 'instance', id: instanceId, via: 'nova' },
          },
        });
        expect(await find(vgpu.id)).toMatchObject({ state: 'BindStarted', instanceId });
        await bench.tellNova();
        expect(scripted.calls).toEqual([]);
        await bench.answer(attach.operationId, { kind: 'succeeded', result: {} });
        expect(await find(vgpu.id)).toMatchObject({ state: 'Bound', handle: { type: 'MDEV' } });
        await bench.tellNova();
        expect(scripted.calls.flat().map(({ tag, status }) => [tag, status])).toEqual([
          [nic.id, 'completed'],
          [vgpu.id, 'completed'],
        ]);
      });

      it('take everything of their server down with them when the driver fails', async () => {
        const { nic, vgpu, attach } = await begin();
        const error = { code: 'driver.hardware', message: 'no mediated device could be made' };
        await bench.answer(attach.operationId, { kind: 'failed', retry: 'never', error });
        for (const { id } of [nic, vgpu])
          expect(await find(id)).toMatchObject({ state: 'BindFailed', failure: error.message });
        const [detach] = operationsIn(await bench.commands());
        expect(detach).toMatchObject({ verb: 'detach', arguments: { handle: { id: 'a' } } });
        expect(await held()).toEqual([vgpu.id]);
        await bench.answer(detach?.operationId ?? '', { kind: 'succeeded', result: {} });
        expect(await held()).toEqual([]);
        await bench.tellNova();
        expect(scripted.calls.flat().map(({ status }) => status)).toEqual(['failed', 'failed']);
      });

      it('keep the handle until it is taken down, even when they are gone; a failed detach is tried again', async () => {
        const { vgpu, instanceId, attach } = await begin();
        await bench.answer(attach.operationId, { kind: 'succeeded', result: {} });
        await remove({ instanceId });
        const sweep = createOrphanSweep(bench.context);
        await sweep();
        const [detach, ...rest] = operationsIn(await bench.commands());
        expect(rest).toEqual([]);
        expect(await held()).toEqual([vgpu.id]);
        const error = { code: 'driver.busy', message: 'still in use' };
        await bench.answer(detach?.operationId ?? '', { kind: 'failed', retry: 'never', error });
        await sweep();
        const [again] = operationsIn(await bench.commands());
        expect(again).toMatchObject({ verb: 'detach', arguments: { handle: { id: 'a' }, force: true } });
        await bench.answer(again?.operationId ?? '', { kind: 'succeeded', result: {} });
        expect(await held()).toEqual([]);
      });
    });
  });
});

describe('news for Nova', () => {
  let scripted: ScriptedNova;
  let bench: ConductorBench;
  beforeEach(async () => {
    scripted = await startScriptedNova();
    bench = await openConductorBench(memoryDatabase, {}, { nova: scripted.nova });
    await bench.tell({ kind: 'hello' });
    await bench.report([aPool()]);
    await bench.tell({ kind: 'providers', providers: [{ deployable: 'pool', providerId: pool }] });
  });
  afterEach(async () => {
    await bench.end();
    await scripted.close();
  });

  async function bound() {
    const groups = [{ 'resources:CUSTOM_NIC': '1' }];
    const profile = await bench.conductor.createDeviceProfile({ name: newId(), description: null, groups });
    const [made] = await bench.conductor.createAcceleratorRequests({
      profileName: profile.name,
      projectId: 'p',
      requestedBy: 'u',
    });
    if (made === undefined) throw new Error('no request');
    const instanceId = newId();
    const binding = { id: made.id, host: benchHost, providerId: pool, instanceId };
    await bench.conductor.bindAcceleratorRequests({ bindings: [binding], ...asAdmin });
    return { id: made.id, instanceId };
  }
  const waiting = async () => (await bench.store.outbox.depth()).messages - hostMessages;
  let hostMessages = 0;
  beforeEach(async () => {
    await bench.commands();
    hostMessages = (await bench.store.outbox.depth()).messages;
  });

  it.each([200, 422, 404, 400])('are done with when Nova answers an event with %i', async (code) => {
    scripted.answer = { code };
    await bound();
    await bench.tellNova();
    expect(scripted.calls).toHaveLength(1);
    expect(await waiting()).toBe(0);
  });

  it.each([404, 400])('are done with when Nova answers the whole call with %i', async (status) => {
    scripted.answer = { status };
    await bound();
    await bench.tellNova();
    expect(await waiting()).toBe(0);
  });

  it.each([500, 503, 401, 403])('wait when Nova answers %i, until it takes them', async (status) => {
    scripted.answer = { status };
    await bound();
    await bench.tellNova();
    expect(await waiting()).toBe(1);
    scripted.answer = { code: 200 };
    bench.clock.advance(bench.context.settings.retryCapMs);
    await bench.tellNova();
    expect(scripted.calls).toHaveLength(1);
    expect(await waiting()).toBe(0);
  });

  it('are dropped when the server has gone before Nova could be told', async () => {
    scripted.answer = { status: 503 };
    const { instanceId } = await bound();
    await bench.tellNova();
    await bench.conductor.deleteAcceleratorRequests({ which: { instanceId }, evenServed: true, ...asAdmin });
    scripted.answer = { code: 200 };
    bench.clock.advance(bench.context.settings.retryCapMs);
    await bench.tellNova();
    expect(scripted.calls).toEqual([]);
    expect(await waiting()).toBe(0);
  });

  it('are not needed to find that a server is gone: the sweep asks, after a while', async () => {
    const kept = await bound();
    const orphan = await bound();
    scripted.servers.add(kept.instanceId);
    const sweep = createOrphanSweep(bench.context);
    await sweep();
    expect(await bench.store.acceleratorRequests.list()).toHaveLength(2);
    bench.clock.advance(bench.context.settings.orphanAgeMs);
    await sweep();
    expect((await bench.store.acceleratorRequests.list()).map(({ id }) => id)).toEqual([kept.id]);
    expect(await bench.store.acceleratorRequests.find(orphan.id)).toBeUndefined();
  });
});
