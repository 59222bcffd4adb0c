import { randomUUID } from 'node:crypto';
import type { ResourceClass, Trait, Uuid } from '@cyborgjs/core';
import { pino } from 'pino';
import { createStore } from '../../packages/service/src/store/create-store.ts';
import type { Store } from '../../packages/service/src/store/store.ts';
import type { StoreTarget } from '../../packages/service/src/store/store-init.ts';

/** How much is in a store. */
export interface Amounts {
  readonly devices: number;
  readonly handlesPerDevice: number;
  /** Bound requests of the project, one per server. */
  readonly bound: number;
  /** Requests of another project that are bound to nothing. */
  readonly others: number;
  readonly project: string;
}

/** What was put there. */
export interface Seeded {
  readonly devices: readonly string[];
  /** Resource providers, one of each device, and the hosts that they are of. */
  readonly providers: readonly { readonly id: string; readonly host: string }[];
  /** Bound ones, and the servers that they are bound to. */
  readonly requests: readonly string[];
  readonly instances: readonly string[];
  /** Name of a device profile that asks for one accelerator. */
  readonly profile: string;
  readonly profileId: string;
}

/** Cards of one host: a thousand in one machine there are nowhere. */
const devicesPerHost = 8;
const hostOf = (device: number): string => `compute${1 + Math.floor(device / devicesPerHost)}`;
const newId = () => randomUUID() as Uuid;
const portion = 5_000;

/** Fills an empty store as reports and boots would have. */
export async function seedStore(target: StoreTarget, amounts: Amounts): Promise<Seeded> {
  const log = pino({ level: 'silent' });
  const store = await createStore(target, { now: Date.now, newId, log });
  try {
    return await seed(store, amounts);
  } finally {
    await store.close();
  }
}

async function seed(store: Store, amounts: Amounts): Promise<Seeded> {
  const profile = { id: newId(), name: 'one', description: null, groups: [{ 'resources:CUSTOM_NIC': '1' }] };
  const devices = Array.from({ length: amounts.devices }, newId);
  const deployables = devices.map(newId);
  const providers = devices.map(newId);
  await store.transaction(async (transaction) => {
    for (const host of new Set(devices.map((_, index) => hostOf(index)))) {
      await transaction.hosts.ensure(host);
      await transaction.hosts.update(host, { state: 'up' });
    }
    await transaction.deviceProfiles.insert(profile);
    await transaction.devices.insert(devices.map(aDevice));
    await transaction.deployables.insert(
      deployables.map((id, index) => ({
        id,
        deviceId: devices[index] as Uuid,
        name: `pool${index}`,
        resourceClass: 'CUSTOM_NIC' as ResourceClass,
        traits: ['CUSTOM_NIC_INTEL', 'OWNER_CYBORG'] as Trait[],
        total: amounts.handlesPerDevice,
      })),
    );
    await transaction.deployables.insertHandles(
      deployables.flatMap((deployableId) =>
        Array.from({ length: amounts.handlesPerDevice }, (_, index) => aHandle(deployableId, index)),
      ),
    );
    for (const [host, ofHost] of Map.groupBy(providers.entries(), ([index]) => hostOf(index)))
      await transaction.deployables.setProviders(
        host,
        new Map(ofHost.map(([index, id]) => [`pool${index}`, id])),
      );
  });
  const requests = await addRequests(store, { ...amounts, count: amounts.bound, profile });
  const instances = requests.map(newId);
  await bindAll(store, { requests, instances, deployables, providers });
  await addRequests(store, { project: 'another', count: amounts.others, profile });
  const placed = providers.map((id, index) => ({ id, host: hostOf(index) }));
  return { devices, providers: placed, requests, instances, profile: profile.name, profileId: profile.id };
}

const aDevice = (id: Uuid, index: number) => ({
  id,
  host: hostOf(index),
  driver: 'pci',
  identity: `serial ${index}`,
  kind: 'NIC' as const,
  vendor: '8086',
  model: 'Intel Ethernet Controller E810-C for QSFP',
  address: `0000:${index.toString(16).padStart(4, '0')}`,
  numaNode: 0,
  health: { state: 'ok' as const },
  firmware: { nvm: '4.40', option_rom: '1.3429.0' },
  attributes: { product_id: '1592', device_class: '0200', driver: 'ice' },
  state: 'ready' as const,
});

const aHandle = (deployableId: Uuid, index: number) => ({
  deployableId,
  id: `0000:3b:00.${index}`,
  type: 'PCI' as const,
  info: { domain: '0000', bus: '3b', device: '00', function: String(index) },
});

interface Added {
  readonly project: string;
  readonly count: number;
  readonly profile: { readonly id: Uuid; readonly name: string };
}

async function addRequests(store: Store, { project, count, profile }: Added): Promise<Uuid[]> {
  const ids = Array.from({ length: count }, newId);
  for (let start = 0; start < count; start += portion)
    await store.transaction(({ acceleratorRequests }) =>
      acceleratorRequests.insert(
        ids.slice(start, start + portion).map((id) => ({
          id,
          projectId: project,
          deviceProfileId: profile.id,
          deviceProfileName: profile.name,
          groupIndex: 0,
          resourceClass: 'CUSTOM_NIC',
        })),
      ),
    );
  return ids;
}

interface Bound {
  readonly requests: readonly Uuid[];
  readonly instances: readonly Uuid[];
  readonly deployables: readonly Uuid[];
  readonly providers: readonly Uuid[];
}

function bindAll(store: Store, { requests, instances, deployables, providers }: Bound): Promise<void> {
  return store.transaction(async (transaction) => {
    for (const [index, id] of requests.entries()) {
      const at = index % deployables.length;
      const holder = { kind: 'accelerator_request', id } as const;
      const handle = await transaction.deployables.holdFreeHandle(deployables[at] as Uuid, holder);
      if (handle === undefined) throw new Error(`no handle for request ${index}`);
      await transaction.acceleratorRequests.update([id], {
        state: 'Bound',
        host: hostOf(at),
        providerId: providers[at] ?? null,
        instanceId: instances[index] ?? null,
      });
    }
  });
}
