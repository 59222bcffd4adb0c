import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ResourceClass, Uuid } from '@cyborgjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDeployable, aDevice, aHandle } from '../../test/a-discovered-device.ts';
import {
  aDriverStatus,
  asker,
  benchHost,
  type ConductorBench,
  openConductorBench,
} from '../../test/conductor-bench.ts';
import { memoryDatabase, newId, suiteName, type TestDatabase, testDatabases } from '../../test/test-store.ts';
import { createAttachment } from './create-attachment.ts';
import type { ImageSource } from './image-source.ts';

const resourceClass = 'FPGA' as ResourceClass;
const verbs = ['discover', 'status', 'attach', 'detach', 'install', 'program'] as const;

let bench: ConductorBench;
let deployable: Uuid;
const provider = newId();
afterEach(() => bench.end());

/** A programmable card with a region that two may share, ready. */
async function openReady(database: TestDatabase): Promise<void> {
  bench = await openConductorBench(database);
  await bench.tell({ kind: 'hello', drivers: [aDriverStatus({ verbs: [...verbs] })] });
  const handles = ['vf0', 'vf1'].map((id) => aHandle(id));
  await bench.report([aDevice({ deployables: [aDeployable('region', { resourceClass, handles })] })]);
  const device = await bench.device();
  const { id } = await bench.conductor.makeDeviceReady({ device: device.id, ...asker });
  await bench.answer(id, { kind: 'succeeded', result: {} });
  deployable = device.deployables[0]?.id as Uuid;
  await bench.tell({ kind: 'providers', providers: [{ deployable: 'region', providerId: provider }] });
}

async function upload(text: string): Promise<ImageSource> {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { id } = await bench.conductor.createImage({ size: bytes.length, sha256, ...asker });
  await bench.conductor.appendToImage({ image: id, offset: 0, body: Readable.from([bytes]) });
  return { kind: 'upload', id };
}

const program = async (text: string, dryRun = false) =>
  bench.conductor.programDeployable({ deployable, source: await upload(text), dryRun, ...asker });

const wanted = { consumer: { type: 'host', id: 'vm-1' }, projectId: 'p1', resourceClass, ...asker } as const;
const attach = () => bench.conductor.createAttachment(wanted);

async function bind(): Promise<void> {
  const groups = [{ 'resources:FPGA': '1' }];
  const profile = await bench.conductor.createDeviceProfile({ name: newId(), description: null, groups });
  const made = await bench.conductor.createAcceleratorRequests({
    profileName: profile.name,
    projectId: 'p1',
    ...asker,
  });
  const place = { host: benchHost, instanceId: newId(), providerId: provider };
  const bindings = made.map(({ id }) => ({ ...place, id }));
  await bench.conductor.bindAcceleratorRequests({ bindings, onlyProject: null, ...asker });
}

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('what is programmed', database), () => {
    it('is given to nobody until that is over, and while somebody only plans that it is', async () => {
      await openReady(database);
      const { id } = await program('image');
      await expect(attach()).rejects.toMatchObject({ code: 'attachment.nothing_fits' });
      await expect(bind()).rejects.toMatchObject({ code: 'device.being_programmed' });
      await bench.answer(id, { kind: 'succeeded', result: {} });
      await program('image', true);
      expect(await attach()).toMatchObject({ state: 'attaching' });
      await bind();
    });
  });
});

describe('what is programmed', () => {
  beforeEach(() => openReady(memoryDatabase));

  it('is given to nobody who found it before that began', async () => {
    const { store } = bench;
    const deployables: typeof store.deployables = {
      ...store.deployables,
      async listOpen(query) {
        const open = await store.deployables.listOpen(query);
        await program('image');
        return open;
      },
    };
    const late = createAttachment(wanted, { ...bench.context, store: { ...store, deployables } });
    await expect(late).rejects.toMatchObject({ code: 'attachment.nothing_fits' });
  });

  it('is so though somebody plans that, and nothing is planned meanwhile', async () => {
    const plan = await program('image', true);
    const real = await program('other');
    expect(real.id).not.toBe(plan.id);
    await expect(program('image')).rejects.toMatchObject({ code: 'device.being_programmed' });
    await expect(program('image', true)).rejects.toMatchObject({ code: 'device.being_programmed' });
  });

  it('is so once for each image', async () => {
    const order = { deployable, source: await upload('image'), ...asker };
    const first = await bench.conductor.programDeployable(order);
    expect((await bench.conductor.programDeployable(order)).id).toBe(first.id);
  });
});
