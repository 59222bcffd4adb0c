import type { DiscoveredDevice, DiscoveredHandle, ResourceClass, Uuid } from '@cyborgjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importCyborg } from '../../src/import/import-cyborg.ts';
import { readCyborg } from '../../src/import/read-cyborg.ts';
import { aDeployable, aDevice, aHandle } from '../a-discovered-device.ts';
import { admissionIn, benchHost, type ConductorBench, openConductorBench } from '../conductor-bench.ts';
import { newId, suiteName, testDatabases } from '../test-store.ts';
import { type CyborgArq, putBoundArq, putCard, putProfile } from './a-cyborg.ts';
import { type CyborgDatabase, createCyborgDatabase } from './cyborg-database.ts';

const mariadb = testDatabases.find(({ kind }) => kind === 'mysql')?.missing;
const card = '0000:83:00.0';
const [one, two] = ['0000:83:00.1', '0000:83:00.2'] as const;

/** A PCI function as a driver reports it. */
function aFunction(address: string, facts: Partial<DiscoveredHandle> = {}): DiscoveredHandle {
  const [domain = '', bus = '', device = '', fn = ''] = address.split(/[:.]/);
  return aHandle(address, { info: { domain, bus, device, function: fn }, ...facts });
}

const aCard = (functions: readonly string[], name = card): DiscoveredDevice =>
  aDevice({ deployables: [aDeployable(name, { handles: functions.map((address) => aFunction(address)) })] });

describe.each(testDatabases)('on $kind', (database) => {
  const missing = database.missing ?? mariadb;
  describe.skipIf(missing !== undefined)(suiteName('imported devices', { ...database, missing }), () => {
    let db: CyborgDatabase;
    let bench: ConductorBench;
    let profile: number;
    beforeEach(async () => {
      db = await createCyborgDatabase();
      bench = await openConductorBench(database);
      profile = await putProfile(db);
    });
    afterEach(async () => {
      await bench.end();
      await db.drop();
    });

    const comesOver = async () => {
      const { store, clock } = bench;
      const report = await importCyborg(
        await readCyborg(db.url),
        { apply: true },
        { store, projectOf: null, now: clock.now },
      );
      expect(report.applied).toBe(true);
    };
    const devices = async () => (await bench.store.devices.list()).items;
    const held = async () =>
      (await devices()).flatMap(({ driver, deployables }) =>
        deployables.flatMap(({ handles }) =>
          handles.map(
            ({ id, holder, present }) => `${driver} ${id} ${present ? (holder?.id ?? 'free') : 'away'}`,
          ),
        ),
      );
    /** As Nova does when the server is deleted. */
    const serverGoes = ({ instance }: CyborgArq) =>
      bench.conductor.deleteAcceleratorRequests({
        which: { instanceId: instance as Uuid },
        evenServed: true,
        onlyProject: 'p1',
        requestedBy: 'nova',
      });

    it('become those of the driver that reports them, with their ids, their state and who holds them', async () => {
      const source = await putCard(db, { functions: [one, two] });
      const arq = await putBoundArq(db, { profile, card: source, handle: 1 });
      await comesOver();
      const [before] = await devices();
      await bench.tell({ kind: 'hello' });
      await bench.commands();
      await bench.report([aCard([one, two])]);
      expect(await devices()).toMatchObject([
        {
          id: source.uuid,
          number: before?.number,
          driver: 'gpu',
          identity: 'GPU-1',
          state: 'ready',
          model: 'NVIDIA H200',
          health: { state: 'ok' },
          deployables: [{ name: card, providerId: source.provider, total: 2 }],
        },
      ]);
      expect(await held()).toEqual([`gpu ${one} free`, `gpu ${two} ${arq.uuid}`]);
      expect(admissionIn(await bench.commands())?.open).toEqual([{ driver: 'gpu', identity: 'GPU-1' }]);
      expect(await bench.store.acceleratorRequests.find(arq.uuid)).toMatchObject({
        state: 'Bound',
        handle: { info: { function: '2' } },
      });

      const { version } = await bench.device();
      await bench.report([aCard([one, two])]);
      expect((await bench.device()).version).toBe(version);
      await serverGoes(arq);
      expect(await held()).toEqual([`gpu ${one} free`, `gpu ${two} free`]);
      expect(await bench.store.acceleratorRequests.list()).toEqual([]);
    });

    it('can be released and given out before any driver has reported them', async () => {
      const source = await putCard(db);
      const arq = await putBoundArq(db, { profile, card: source });
      await comesOver();
      await serverGoes(arq);
      const [gpu] = (await bench.store.deviceProfiles.list()).items;
      if (gpu === undefined) throw new Error('no profile');
      const [made] = await bench.conductor.createAcceleratorRequests({
        profileName: gpu.name,
        projectId: 'p1',
        requestedBy: 'u',
      });
      await bench.conductor.bindAcceleratorRequests({
        bindings: [
          {
            id: made?.id ?? newId(),
            host: benchHost,
            providerId: source.provider as Uuid,
            instanceId: newId(),
          },
        ],
        onlyProject: null,
        requestedBy: 'nova',
      });
      await bench.tell({ kind: 'hello' });
      await bench.report([aCard([card])]);
      expect(await held()).toEqual([`gpu ${card} ${made?.id}`]);
    });

    it('take the place of what an agent has found and nobody has touched', async () => {
      const source = await putCard(db);
      const arq = await putBoundArq(db, { profile, card: source });
      await bench.tell({ kind: 'hello' });
      await bench.report([aCard([card])]);
      await comesOver();
      expect((await devices()).map(({ id }) => id)).toEqual([source.uuid]);
      await bench.report([aCard([card])]);
      expect(await devices()).toMatchObject([{ id: source.uuid, driver: 'gpu', state: 'ready' }]);
      expect(await held()).toEqual([`gpu ${card} ${arq.uuid}`]);
    });

    it('keep what a server has that is reported no more, until the server goes', async () => {
      const source = await putCard(db, { functions: [one, two] });
      const arq = await putBoundArq(db, { profile, card: source, handle: 1 });
      await comesOver();
      await bench.tell({ kind: 'hello' });
      await bench.report([aCard([one])]);
      expect(await held()).toEqual([`gpu ${one} free`, `gpu ${two} away`]);
      await serverGoes(arq);
      await bench.report([aCard([one])]);
      expect(await held()).toEqual([`gpu ${one} free`]);
    });

    it('follow a driver that calls the deployable otherwise', async () => {
      const source = await putCard(db, { functions: [one, two] });
      await db.query(`update deployables set name = 'intel-fpga-dev.0'`);
      const arq = await putBoundArq(db, { profile, card: source });
      await comesOver();
      await bench.tell({ kind: 'hello' });
      await bench.report([aCard([one, two])]);
      expect((await bench.device()).deployables.map(({ name }) => name)).toEqual([card]);
      expect(await held()).toEqual([`gpu ${one} ${arq.uuid}`, `gpu ${two} free`]);
    });

    it('that Cyborg cut otherwise become one: nobody gets what a server has', async () => {
      const first = await putCard(db, { address: one });
      await putCard(db, { address: two });
      const arq = await putBoundArq(db, { profile, card: first });
      await comesOver();
      await bench.tell({ kind: 'hello' });
      await bench.commands();
      await bench.report([aCard([one, two])]);
      expect(await devices()).toMatchObject([{ driver: 'gpu', state: 'ready', address: card }]);
      expect((await held()).sort()).toEqual([`gpu ${one} ${arq.uuid}`, `gpu ${two} free`]);
      expect(admissionIn(await bench.commands())?.open).toHaveLength(1);
      await bench.report([aCard([one, two])]);
      await serverGoes(arq);
      expect((await held()).sort()).toEqual([`gpu ${one} free`, `gpu ${two} free`]);
    });

    it('with mediated devices are told apart by their slots', async () => {
      const slot = (number: number) =>
        `{"asked_type": "nvidia-223", "bus": "83", "device": "00", "domain": "0000", "function": "0", "vgpu_mark": "nvidia-223_${number}"}`;
      const source = await putCard(db, { functions: [card, card], resourceClass: 'VGPU' });
      for (const [number, id] of source.handles.entries())
        await db.query(
          `update attach_handles set attach_type = 'MDEV', attach_info = '${slot(number)}' where id = ${id}`,
        );
      const arq = await putBoundArq(db, { profile, card: source, handle: 1 });
      await comesOver();
      const mdevs = [0, 1].map((number) =>
        aFunction(card, { type: 'MDEV', id: `mdev-${number}`, info: JSON.parse(slot(number)) }),
      );
      const deployables = [aDeployable(card, { resourceClass: 'VGPU' as ResourceClass, handles: mdevs })];
      await bench.tell({ kind: 'hello' });
      await bench.report([aDevice({ deployables })]);
      expect(await held()).toEqual(['gpu mdev-0 free', `gpu mdev-1 ${arq.uuid}`]);
    });

    it('of other hosts and other cards stay as they are', async () => {
      await putCard(db, { host: 'compute2' });
      await putCard(db, { address: '0000:99:00.0' });
      await comesOver();
      await bench.tell({ kind: 'hello' });
      await bench.report([aCard([card])]);
      expect((await devices()).map(({ host, driver, address }) => [host, driver, address])).toEqual([
        ['compute2', 'imported', card],
        [benchHost, 'imported', '0000:99:00.0'],
        [benchHost, 'gpu', card],
      ]);
    });
  });
});
