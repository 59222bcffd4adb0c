import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type FactOf, isCyborgError, type ResourceClass, type Uuid } from '@cyborgjs/core';
import fc from 'fast-check';
import { createMemoryBus } from '../src/bus/memory-bus.ts';
import type { Conductor } from '../src/conductor/conductor.ts';
import { defaultConductorSettings } from '../src/conductor/conductor-settings.ts';
import { createConductor } from '../src/conductor/create-conductor.ts';
import type { StoredAttachment } from '../src/store/attachment.ts';
import { createStore } from '../src/store/create-store.ts';
import type { StoredDeviceProfile } from '../src/store/device-profile.ts';
import type { StoredOperation } from '../src/store/operation.ts';
import type { Store } from '../src/store/store.ts';
import { aDeployable, aDevice, aHandle } from './a-discovered-device.ts';
import { aDriverStatus, noPlacement } from './conductor-bench.ts';
import { newId, silentLog, type TestDatabase } from './test-store.ts';

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
/** What happens at the same time, one action of each client; and whether one of them dies at the commit. */
export const Batch = fc.record({
  actions: fc.array(Action, { minLength: 1, maxLength: 5 }),
  crash: fc.constantFrom(null, null, 'before' as const, 'after' as const),
  /** Whether a conductor is started anew afterwards. */
  restart: fc.nat(19).map((number) => number === 0),
});
export type Batch = typeof Batch extends fc.Arbitrary<infer Value> ? Value : never;

const hosts = ['compute1', 'compute2'] as const;
const providers = [newId(), newId()] as const;
const instances = Array.from({ length: 7 }, newId);
const scope = { requestedBy: 'anybody', onlyProject: null };

/** Requests beyond this are not made: a walk of a million steps would else be one of listing them. */
const mostRequests = 60;

/** Actions for which a key of an attachment is used again. */
const keysLastFor = 200;

const attached: FactOf<'operation-result'>['outcome'] = {
  kind: 'succeeded',
  result: {
    connection: { type: 'PCI', info: {}, libvirt: null, qmp: null, cdi: null, deviceNodes: [] },
  },
};
const broken: FactOf<'operation-result'>['outcome'] = {
  kind: 'failed',
  retry: 'never',
  error: { code: 'driver.hardware', message: 'no' },
};

/** Two hosts with cards, conductors on one store, and clients that do what they like. */
export interface BindingsModel {
  /**
   * Has a batch happen, and looks whether everything is sound. Throws an `AssertionError` when a handle has two holders
   * or none that is bound, a request is between two states, or sums do not agree; whatever was thrown by an action that
   * is neither a refusal nor the crash.
   */
  happen(batch: Batch): Promise<void>;
  end(): Promise<void>;
}

/** One conductor and its store. */
interface Office {
  readonly store: Store;
  readonly conductor: Conductor;
}

/** Opens a model on a database of its own. */
export async function openBindingsModel(database: TestDatabase): Promise<BindingsModel> {
  const { target, drop } = await database.create();
  const offices: Office[] = [];
  let crash: 'before' | 'after' | null = null;
  let sequence = 0;
  const onCommit = async (phase: 'before' | 'after') => {
    if (crash !== phase) return;
    crash = null;
    throw new Error('killed at the commit');
  };

  async function open(): Promise<Office> {
    const ports = { now: Date.now, newId, log: silentLog };
    const store = await createStore(target, { ...ports, onCommit });
    const pause = async () => {};
    const bus = createMemoryBus({ sleep: pause, log: silentLog });
    const components = {
      ...ports,
      store,
      bus,
      nova: null,
      glance: null,
      claims: null,
      random: () => 0,
      randomBytes,
      pause,
    };
    return { store, conductor: createConductor(components, defaultConductorSettings) };
  }

  function anyOffice(): Office {
    sequence += 1;
    return offices[sequence % offices.length] as Office;
  }
  const anyConductor = () => anyOffice().conductor;

  /** The agent of a host says how something has ended that it was told to do. */
  async function answer(
    pick: (operations: readonly StoredOperation[]) => StoredOperation | undefined,
    outcome: FactOf<'operation-result'>['outcome'],
  ): Promise<void> {
    const found = pick((await anyOffice().store.operations.list({ open: true })).items);
    if (found === undefined) return;
    const { host, id: operationId } = found;
    const result = { kind: 'operation-result', host, agentRun: 1, operationId, at: Date.now() } as const;
    await anyConductor().applyFact({ ...result, outcome });
  }

  async function detach({ attachment, force }: Extract<Action, { kind: 'detach' }>): Promise<void> {
    const { items } = await anyOffice().store.attachments.list();
    const id = items[attachment % Math.max(items.length, 1)]?.id;
    if (id !== undefined) await anyConductor().detachAttachment({ attachment: id, force, onlyProject: null });
  }

  async function restart(): Promise<void> {
    const closed = offices.shift();
    await closed?.store.close();
    offices.push(await open());
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

  async function act(action: Action, ids: readonly Uuid[]): Promise<void> {
    const conductor = anyConductor();
    const pick = (numbers: readonly number[]) => [
      ...new Set(numbers.flatMap((number) => ids[number % Math.max(ids.length, 1)] ?? [])),
    ];
    switch (action.kind) {
      case 'create':
        if (ids.length >= mostRequests) return;
        await conductor.createAcceleratorRequests({
          profileName: profile.name,
          projectId: 'p',
          requestedBy: 'u',
        });
        return;
      case 'attach':
        await conductor.createAttachment({
          consumer: { type: 'host', id: `vm-${action.key}` },
          projectId: 'p',
          requestedBy: 'u',
          idempotencyKey: `${action.key} of ${Math.floor(sequence / keysLastFor)}`,
          resourceClass: 'CUSTOM_NIC' as ResourceClass,
        });
        return;
      case 'detach':
        return detach(action);
      case 'answer':
        return answer(
          (items) => items[action.operation % Math.max(items.length, 1)],
          action.succeeds ? attached : broken,
        );
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
    const { store } = anyOffice();
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
    deepEqual(held.map(({ holder }) => holder).sort(), holders.sort());
    await Promise.all(attachments.map((attachment) => requireSoundAttachment(store, attachment)));
    for (const { id, providerId, handle, host } of bound) {
      const own = held.find(({ holder }) => holder === id);
      deepEqual([own?.providerId, own?.uuid], [providerId, handle?.uuid]);
      equal(host, hosts[providers.indexOf(providerId as Uuid)]);
    }
    for (const { id, state, instanceId, handle } of requests) {
      ok(['Initial', 'Bound', 'Unbound', 'BindFailed'].includes(state), `request ${id} is left ${state}`);
      equal(instanceId === null, state === 'Initial' || state === 'Unbound');
      equal(handle === null, state !== 'Bound');
    }
    return requests.map(({ id }) => id);
  }

  offices.push(await open(), await open());
  for (const [index, host] of hosts.entries()) {
    await report(host, 4);
    const deployables = [{ deployable: 'pool', providerId: providers[index] ?? providers[0] }];
    await anyConductor().applyFact({ kind: 'providers', host, agentRun: 1, providers: deployables });
  }
  for (const { id: device } of (await anyOffice().store.devices.list()).items) {
    const { id } = await anyConductor().makeDeviceReady({ device, requestedBy: 'u' });
    await answer((items) => items.find((one) => one.id === id), { kind: 'succeeded', result: {} });
  }
  const groups = [{ 'resources:CUSTOM_NIC': '2' }];
  const profile: StoredDeviceProfile = await anyConductor().createDeviceProfile({
    name: 'two',
    description: null,
    groups,
  });

  let ids = await requireSound();
  return {
    async happen(batch) {
      crash = batch.crash;
      await Promise.all(batch.actions.map((action) => attempt(action, ids)));
      crash = null;
      if (batch.restart) await restart();
      ids = await requireSound();
    },
    async end() {
      await Promise.all(offices.map(({ store }) => store.close()));
      await drop();
    },
  };
}

async function requireSoundAttachment(
  store: Store,
  { id, state, handle, operationId }: StoredAttachment,
): Promise<void> {
  if (state !== 'attach_failed') equal(handle === null, state === 'detached', `attachment ${id} is ${state}`);
  if (state !== 'attaching' && state !== 'attached' && state !== 'detaching') return;
  const operation = await store.operations.find(operationId ?? '');
  // Something is being done to it, or nothing has to be.
  if (state !== 'attached') equal(operation?.endedAt, null);
  if (state === 'attached') deepEqual([operation?.verb, operation?.state], ['attach', 'succeeded']);
}
