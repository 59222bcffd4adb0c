import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Device, Host, Operation, Page } from '@cyborgjs/core';
import { openSimulation, simulatedServer } from '@cyborgjs/driver-sdk/simulator';
import { createSession, noAuth } from '@cyborgjs/openstack-session';
import { createPlacement, type Placement } from '@cyborgjs/placement-client';
import type { FaultyServer } from '@cyborgjs/placement-client/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providerName, providerUuid } from '../src/agent/provider-tree.ts';
import { type PlacementBackend, placementBackends } from './placement-backends.ts';
import { type RunningService, startService } from './running-service.ts';
import { until } from './until.ts';

const gpu1 = '0000:83:00.0';
const gpu2 = '0000:84:00.0';
const nic = '0000:17:00.0';
const fpga = '0000:b1:00.0';

describe.each(placementBackends)('with %s', (_name, isThere, start) => {
  // A cloud of others may be behind the address: the host is new for each run.
  const host = `sim-${randomUUID().slice(0, 8)}`;
  const uuidOf = (address: string) => providerUuid(providerName(host, address));
  let directory: string;
  let root: string;
  let backend: PlacementBackend;
  let server: FaultyServer;
  let service: RunningService;
  let placement: Placement;

  beforeAll(async () => {
    if (!isThere) return;
    directory = mkdtempSync(join(tmpdir(), 'cyborg-placement-arc-'));
    root = join(directory, 'machine');
    simulatedServer(root);
    backend = await start();
    server = await backend.open();
    const session = createSession({ auth: noAuth({ endpoint: server.url }) });
    placement = createPlacement(session);
    const pci = { package: '@cyborgjs/driver-pci', config: { devices: [{ vendor: '8086', class: '0200' }] } };
    const drivers = [{ package: '@cyborgjs/driver-gpu' }, { package: '@cyborgjs/driver-fpga' }, pci];
    service = await startService({
      stateDir: directory,
      agent: { hosts: [{ name: host, machine: { kind: 'simulated', root }, drivers }] },
      placement: { auth: { kind: 'none', endpoint: server.url } },
    });
    await until(
      'the tree stands',
      async () => (await service.get<Host>(`/v3/hosts/${host}`)).placement.agreedAt !== null,
    );
    await until('all four providers', async () => (await tree()).length === 5);
  }, 90_000);
  afterAll(async () => {
    await service?.stop();
    await server?.close();
    await backend?.stop();
    if (directory) rmSync(directory, { recursive: true, force: true });
  });

  const tree = () => placement.resourceProviders.list({ in_tree: providerUuid(host) });
  const inventoryOf = async (address: string) =>
    (await placement.inventories.get(uuidOf(address))).inventories;
  const deviceAt = async (address: string) => {
    const { items } = await service.get<Page<Device>>('/v3/devices');
    const found = items.find((device) => device.address === address);
    if (found === undefined) throw new Error(`no device at ${address}`);
    return found;
  };
  const ended = (operation: Operation) =>
    until(`the end of ${operation.verb}`, async () => {
      const now = await service.get<Operation>(`/v3/operations/${operation.id}`);
      return now.endedAt === null ? undefined : now;
    });
  const discover = async () => {
    const operation = await ended(await service.post<Operation>(`/v3/hosts/${host}/discover`));
    expect(operation).toMatchObject({ state: 'succeeded', error: null });
  };
  const makeReady = async (address: string) =>
    ended(await service.post<Operation>(`/v3/devices/${(await deviceAt(address)).id}/ready`));
  const quiet = () =>
    until('no requests for a while', async () => {
      const before = server.requests.length;
      await new Promise((resolve) => setTimeout(resolve, 400));
      return server.requests.length === before;
    });

  it.skipIf(!isThere)(
    'has one provider for each deployable, under the host, under Cyborg’s names',
    async () => {
      const providers = await tree();
      const names = [gpu1, gpu2, nic, fpga].map((address) => providerName(host, address));
      expect(providers.map(({ name }) => name).sort()).toEqual([host, ...names].sort());
      for (const { name, uuid, parent_provider_uuid } of providers) {
        expect(uuid).toBe(providerUuid(name));
        expect(parent_provider_uuid).toBe(name === host ? null : providerUuid(host));
      }
      await until(
        'the device shows its provider',
        async () => (await deviceAt(gpu1)).deployables[0]?.providerId === uuidOf(gpu1),
      );
    },
  );

  it.skipIf(!isThere)('holds the inventory of what is not ready, all of it reserved', async () => {
    expect(await inventoryOf(gpu1)).toMatchObject({ PGPU: { total: 1, reserved: 1, max_unit: 1 } });
    expect(await inventoryOf(fpga)).toMatchObject({ FPGA: { total: 1, reserved: 1 } });
    expect(await inventoryOf(nic)).toMatchObject({ CUSTOM_PCI: { total: 8, reserved: 8, max_unit: 8 } });
    const { traits } = await placement.providerTraits.get(uuidOf(gpu1));
    expect(traits).toEqual(expect.arrayContaining(['OWNER_CYBORG', 'CUSTOM_NVIDIA_2335']));
  });

  it.skipIf(!isThere)('costs one request when nothing has changed', async () => {
    await quiet();
    const before = server.requests.length;
    await discover();
    await quiet();
    expect(server.requests.slice(before).map(({ method, query }) => `${method} ${query}`)).toEqual([
      `GET ?in_tree=${providerUuid(host)}`,
    ]);
  });

  it.skipIf(!isThere)('opens the inventory of what an operator made ready, and of nothing else', async () => {
    expect(await makeReady(gpu1)).toMatchObject({ state: 'succeeded' });
    expect(await deviceAt(gpu1)).toMatchObject({ state: 'ready' });
    await until('the GPU is open', async () => (await inventoryOf(gpu1)).PGPU?.reserved === 0);
    expect((await inventoryOf(gpu2)).PGPU?.reserved).toBe(1);
  });

  it.skipIf(!isThere)('loses the provider of a card that was pulled out and not in use', async () => {
    openSimulation(root).unplug(fpga);
    await discover();
    await until(
      'the provider is gone',
      async () => !(await tree()).some(({ uuid }) => uuid === uuidOf(fpga)),
    );
    expect((await deviceAt(fpga)).state).toBe('gone');
  });

  it.skipIf(!isThere)('keeps the provider of a card that is in use, closed, until it is let go', async () => {
    expect(await makeReady(gpu2)).toMatchObject({ state: 'succeeded' });
    await until('the GPU is open', async () => (await inventoryOf(gpu2)).PGPU?.reserved === 0);
    const consumer = randomUUID();
    const claim = {
      consumer_generation: null,
      project_id: 'p',
      user_id: 'u',
      consumer_type: 'INSTANCE',
    };
    const allocations = { [uuidOf(gpu2)]: { resources: { PGPU: 1 } } };
    await placement.allocations.replace(consumer, { ...claim, allocations });

    openSimulation(root).unplug(gpu2);
    await discover();
    await until('the provider is closed', async () => (await inventoryOf(gpu2)).PGPU?.reserved === 1);
    await until('the host says so', async () => {
      const { retained } = (await service.get<Host>(`/v3/hosts/${host}`)).placement;
      return retained.includes(providerName(host, gpu2));
    });
    expect((await deviceAt(gpu2)).state).toBe('gone');

    const { consumer_generation } = await placement.allocations.get(consumer);
    await placement.allocations.replace(consumer, {
      ...claim,
      consumer_generation: consumer_generation ?? null,
      allocations: {},
    });
    await discover();
    await until(
      'the provider is gone',
      async () => !(await tree()).some(({ uuid }) => uuid === uuidOf(gpu2)),
    );
  });

  it.skipIf(!isThere)('takes a ready card back as ready when it returns', async () => {
    openSimulation(root).replug(gpu2);
    await discover();
    expect((await deviceAt(gpu2)).state).toBe('ready');
    await until('the GPU is open again', async () => (await inventoryOf(gpu2)).PGPU?.reserved === 0);
  });
});
