import { isCyborgError, type ResourceClass, type Uuid } from '@cyborgjs/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryBus } from '../src/bus/memory-bus.ts';
import type { Conductor } from '../src/conductor/conductor.ts';
import { defaultConductorSettings } from '../src/conductor/conductor-settings.ts';
import { createConductor } from '../src/conductor/create-conductor.ts';
import { createStore } from '../src/store/create-store.ts';
import type { StoredDeviceProfile } from '../src/store/device-profile.ts';
import type { Store } from '../src/store/store.ts';
import { aDeployable, aDevice, aHandle } from './a-discovered-device.ts';
import { aDriverStatus, noPlacement } from './conductor-bench.ts';
import { newId, silentLog, suiteName, testDatabases } from './test-store.ts';

/** What some client does; requests and servers are picked by a number among those that there are. */
const Action = fc.oneof(
  fc.record({ kind: fc.constant('create' as const) }),
  fc.record({
    kind: fc.constant('bind' as const),
    requests: fc.array(fc.nat(40), { minLength: 1, maxLength: 3 }),
    provider: fc.nat(1),
    instance: fc.nat(6),
  }),
  fc.record({
    kind: fc.constant('unbind' as const),
    requests: fc.array(fc.nat(40), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant('delete' as const),
    requests: fc.array(fc.nat(40), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant('delete-server' as const), instance: fc.nat(6) }),
  fc.record({ kind: fc.constant('attach' as const), key: fc.nat(8) }),
  fc.record({ kind: fc.constant('detach' as const), attachment: fc.nat(20), force: fc.boolean() }),
  fc.record({ kind: fc.constant('answer' as const), operation: fc.nat(20), succeeds: fc.boolean() }),
  fc.record({ kind: fc.constant('report' as const), handles: fc.integer({ min: 2, max: 6 }) }),
);
type Action = typeof Action extends fc.Arbitrary<infer Value> ? Value : never;
/** Whoever works at the same time, one action each; and who of them dies at the commit. */
const Batch = fc.record({
  actions: fc.array(Action, { minLength: 1, maxLength: 5 }),
  crash: fc.constantFrom(null, null, 'before' as const, 'after' as const),
});

const hosts = ['compute1', 'compute2'] as const;
const providers = [newId(), newId()] as const;
const instances = Array.from({ length: 7 }, newId);
const scope = { requestedBy: 'anybody', onlyProject: null };

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('bindings', database), () => {
    const stores: Store[] = [];
    const conductors: Conductor[] = [];
    let crash: 'before' | 'after' | null = null;
    let drop: () => Promise<void> = async () => {};
    let profile: StoredDeviceProfile;
    let sequence = 0;
    let round = 0;

    beforeAll(async () => {
      const made = await database.create();
      drop = made.drop;
      const onCommit = async (phase: 'before' | 'after') => {
        if (crash !== phase) return;
        crash = null;
        throw new Error('killed at the commit');
      };
      const open = () => createStore(made.target, { now: Date.now, newId, log: silentLog, onCommit });
      stores.push(await open());
      // Two connections of one process to the same file would wait for each other without letting each other go on.
      if (database.kind !== 'sqlite') stores.push(await open());
      for (const store of stores) {
        const pause = async () => {};
        const bus = createMemoryBus({ sleep: pause, log: silentLog });
        const components = {
          store,
          bus,
          nova: null,
          claims: null,
          now: Date.now,
          newId,
          random: () => 0,
          pause,
          log: silentLog,
        };
        conductors.push(createConductor(components, defaultConductorSettings));
      }
      for (const [index, host] of hosts.entries()) {
        await report(host, 4);
        const deployables = [{ deployable: 'pool', providerId: providers[index] ?? providers[0] }];
        await anyConductor().applyFact({ kind: 'providers', host, agentRun: 1, providers: deployables });
      }
      for (const { id: device, host } of (await anyStore().devices.list()).items) {
        const { id: operationId } = await anyConductor().makeDeviceReady({ device, requestedBy: 'u' });
        const outcome = { kind: 'succeeded', result: {} } as const;
        const result = { kind: 'operation-result', host, agentRun: 1, operationId, at: Date.now() } as const;
        await anyConductor().applyFact({ ...result, outcome });
      }
      const groups = [{ 'resources:CUSTOM_NIC': '2' }];
      profile = await anyConductor().createDeviceProfile({ name: 'two', description: null, groups });
    });
    afterAll(async () => {
      await Promise.all(stores.map((store) => store.close()));
      await drop();
    });

    function anyConductor(): Conductor {
      sequence += 1;
      const conductor = conductors[sequence % conductors.length];
      if (conductor === undefined) throw new Error('no conductor');
      return conductor;
    }

    /** The agent of a host says what there is: a network card with so many functions. */
    async function report(host: string, count: number): Promise<void> {
      const handles = Array.from({ length: count }, (_, index) => aHandle(`f${index}`));
      const deployables = [aDeployable('pool', { resourceClass: 'CUSTOM_NIC' as ResourceClass, handles })];
      const device = aDevice({ identity: `NIC of ${host}`, deployables });
      sequence += 1;
      const at = Date.now();
      const origin = { host, agentRun: 1, at };
      const drivers = [aDriverStatus()];
      await anyConductor().applyFact({ kind: 'heartbeat', ...origin, drivers, placement: noPlacement });
      await anyConductor().applyFact({
        kind: 'report',
        host,
        agentRun: 1,
        report: {
          driver: 'gpu',
          sequence,
          observedAt: at,
          outcome: { kind: 'inventory', devices: [device] },
        },
      });
    }

    /** The agent of a host says how something has ended that it was told to do. */
    async function answer({ operation, succeeds }: Extract<Action, { kind: 'answer' }>): Promise<void> {
      const { items } = await anyStore().operations.list({ open: true });
      const found = items[operation % Math.max(items.length, 1)];
      if (found === undefined) return;
      const connection = { type: 'PCI', info: {}, libvirt: null, qmp: null, cdi: null, deviceNodes: [] };
      const error = { code: 'driver.hardware', message: 'no' };
      await anyConductor().applyFact({
        kind: 'operation-result',
        host: found.host,
        agentRun: 1,
        operationId: found.id,
        at: Date.now(),
        outcome: succeeds
          ? { kind: 'succeeded', result: { connection } }
          : { kind: 'failed', retry: 'never', error },
      });
    }

    function anyStore(): Store {
      const [store] = stores;
      if (store === undefined) throw new Error('no store');
      return store;
    }

    async function act(action: Action, ids: readonly Uuid[]): Promise<void> {
      const conductor = anyConductor();
      const pick = (numbers: readonly number[]) => [
        ...new Set(numbers.flatMap((number) => ids[number % Math.max(ids.length, 1)] ?? [])),
      ];
      switch (action.kind) {
        case 'create':
          await conductor.createAcceleratorRequests({ profile, projectId: 'p', requestedBy: 'u' });
          return;
        case 'attach':
          await conductor.createAttachment({
            consumer: { type: 'host', id: `vm-${action.key}` },
            projectId: 'p',
            requestedBy: 'u',
            idempotencyKey: `${action.key} of ${round}`,
            resourceClass: 'CUSTOM_NIC' as ResourceClass,
          });
          return;
        case 'detach': {
          const { items } = await anyStore().attachments.list();
          const attachment = items[action.attachment % Math.max(items.length, 1)]?.id;
          if (attachment === undefined) return;
          await conductor.detachAttachment({ attachment, force: action.force, onlyProject: null });
          return;
        }
        case 'answer':
          return answer(action);
        case 'report':
          return report(hosts[action.handles % 2] ?? hosts[0], action.handles);
        case 'delete-server':
          return conductor.deleteAcceleratorRequests({
            which: { instanceId: instances[action.instance] ?? newId() },
            evenServed: true,
            ...scope,
          });
        case 'delete':
          return conductor.deleteAcceleratorRequests({
            which: { ids: pick(action.requests) },
            evenServed: true,
            ...scope,
          });
        case 'unbind':
          return conductor.unbindAcceleratorRequests({ ids: pick(action.requests), ...scope });
        case 'bind': {
          const at = {
            host: hosts[action.provider] ?? '',
            providerId: providers[action.provider] ?? newId(),
          };
          const instanceId = instances[action.instance] ?? newId();
          const bindings = pick(action.requests).map((id) => ({ id, instanceId, ...at }));
          return conductor.bindAcceleratorRequests({ bindings, ...scope });
        }
      }
    }

    /** Refusals are part of the game; anything else is a defect. */
    async function attempt(action: Action, ids: readonly Uuid[]): Promise<void> {
      try {
        await act(action, ids);
      } catch (error) {
        const isKilled = error instanceof Error && error.message === 'killed at the commit';
        const isRefused = isCyborgError(error) && error.kind !== 'internal' && error.kind !== 'unavailable';
        if (!isKilled && !isRefused) throw error;
      }
    }

    async function requireSound(): Promise<readonly Uuid[]> {
      const store = anyStore();
      const requests = await store.acceleratorRequests.list();
      const { items } = await store.deployables.list();
      const held = items.flatMap(({ providerId, handles }) =>
        handles.flatMap(({ uuid, holder }) =>
          holder === null ? [] : [{ uuid, providerId, holder: holder.id }],
        ),
      );
      const bound = requests.filter(({ state }) => state === 'Bound');
      const attachments = (await store.attachments.list()).items;
      const holding = attachments.filter(({ handle }) => handle !== null);
      const holders = [...bound, ...holding].map(({ id }) => id);
      expect(held.map(({ holder }) => holder).sort()).toEqual(holders.sort());
      for (const { state, handle, operationId } of attachments) {
        if (state === 'detached') expect(handle).toBeNull();
        else if (state !== 'attach_failed') expect(handle).not.toBeNull();
        const operation = await store.operations.find(operationId ?? '');
        // Something is being done to it, or nothing has to be.
        if (state === 'attaching' || state === 'detaching') expect(operation?.endedAt).toBeNull();
        if (state === 'attached') expect(operation).toMatchObject({ verb: 'attach', state: 'succeeded' });
      }
      for (const { id, providerId, handle, host } of bound) {
        expect(held.find(({ holder }) => holder === id)).toMatchObject({ providerId, uuid: handle?.uuid });
        expect(host).toBe(hosts[providers.indexOf(providerId as Uuid)]);
      }
      for (const { state, instanceId, handle } of requests) {
        expect(['Initial', 'Bound', 'Unbound', 'BindFailed']).toContain(state);
        expect(instanceId === null).toBe(state === 'Initial' || state === 'Unbound');
        if (state !== 'Bound') expect(handle).toBeNull();
      }
      return requests.map(({ id }) => id);
    }

    it('never share a handle nor lose one, whoever does what at once and dies in between', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(Batch, { minLength: 1, maxLength: 8 }), async (batches) => {
          round += 1;
          for (const batch of batches) {
            const ids = await requireSound();
            crash = batch.crash;
            await Promise.all(batch.actions.map((action) => attempt(action, ids)));
            crash = null;
          }
          await requireSound();
        }),
        { numRuns: 20 },
      );
    }, 240_000);
  });
});
