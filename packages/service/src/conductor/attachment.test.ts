import type { HeldAttachment, Trait, Uuid } from '@cyborgjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connection, openReady, request, succeeded } from '../../test/attachment-bench.ts';
import {
  benchHost,
  type ConductorBench,
  openConductorBench,
  operationsIn,
} from '../../test/conductor-bench.ts';
import { newId, suiteName, testDatabases } from '../../test/test-store.ts';
import type { CreateAttachmentRequest } from './conductor.ts';
import { defaultConductorSettings } from './conductor-settings.ts';
import { reconcileHosts } from './reconcile-worker.ts';

const { reconcileGraceMs } = defaultConductorSettings;
const refused = {
  kind: 'failed',
  retry: 'never',
  error: { code: 'driver.hardware', message: 'it is broken' },
} as const;

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('attachments', database), () => {
    let bench: ConductorBench;
    beforeEach(async () => {
      bench = await openConductorBench(database);
      await openReady(bench);
    });
    afterEach(() => bench.end());

    const create = (changes?: Partial<CreateAttachmentRequest>) =>
      bench.conductor.createAttachment(request(changes));
    const find = (id: Uuid) => bench.store.attachments.get(id);
    const detach = (attachment: Uuid, force = false) =>
      bench.conductor.detachAttachment({ attachment, force, onlyProject: null });
    const operations = async () => operationsIn(await bench.commands());
    const attached = async (changes?: Partial<CreateAttachmentRequest>) => {
      const { id, operationId } = await create(changes);
      await bench.answer(operationId ?? '', succeeded);
      await bench.commands();
      return find(id);
    };
    const held = async (id: Uuid) => (await bench.store.deployables.held('attachment', [id])).length;
    const tellHeld = (...attachments: HeldAttachment[]) =>
      bench.tell({ kind: 'attachments', attachments, unreadable: [] });
    const entry = (
      handle: string,
      consumer: string,
      facts: Partial<HeldAttachment> = {},
    ): HeldAttachment => ({
      driver: 'gpu',
      device: { identity: `GPU at ${handle}`, address: handle },
      handle: { id: handle, type: 'PCI' },
      consumer: { type: 'host', id: consumer, via: 'direct' },
      state: 'attached',
      info: null,
      seen: 'attached',
      trouble: null,
      ...facts,
    });
    const reconcile = () => reconcileHosts(bench.context);

    it('are attached by the driver and hold until they are detached', async () => {
      const made = await create();
      expect(made).toMatchObject({ state: 'attaching', host: benchHost, claim: 'none', connection: null });
      const [command] = await operations();
      expect(command).toMatchObject({
        verb: 'attach',
        driver: 'gpu',
        arguments: {
          handle: { id: '0000:83:00.0', type: 'PCI' },
          consumer: { type: 'host', id: 'vm-1', via: 'direct' },
        },
      });
      await bench.answer(made.operationId ?? '', succeeded);
      expect(await find(made.id)).toMatchObject({ state: 'attached', connection, failure: null });

      const asked = await detach(made.id);
      expect(asked).toMatchObject({ state: 'detaching', release: 'wait', connection });
      expect(await detach(made.id)).toMatchObject({ operationId: asked.operationId });
      const ends = await operations();
      expect(ends).toMatchObject([{ verb: 'detach', operationId: asked.operationId }]);
      expect(await held(made.id)).toBe(1);
      await bench.answer(asked.operationId ?? '', { kind: 'succeeded', result: {} });
      expect(await find(made.id)).toMatchObject({ state: 'detached', handle: null, connection: null });
      expect(await held(made.id)).toBe(0);
      expect(await detach(made.id)).toMatchObject({ state: 'detached' });
    });

    it('take what fits: class, traits, hotplug, host, deployable, device profile', async () => {
      const groups = [
        { 'resources:CUSTOM_NIC': '1' },
        { 'resources:PGPU': '1', 'trait:CUSTOM_B': 'forbidden', 'accel:mode': 'x' },
      ];
      await bench.conductor.createDeviceProfile({ name: 'two', description: null, groups });
      const ofTwo = { resourceClass: undefined, deviceProfile: 'two' };
      await expect(create(ofTwo)).rejects.toMatchObject({ code: 'attachment.ambiguous' });
      const byProfile = await create({ ...ofTwo, group: 1 });
      expect(byProfile).toMatchObject({ handle: { id: '0000:83:00.0' }, deviceProfile: 'two' });
      expect((await operations())[0]?.arguments).toMatchObject({ options: { 'accel:mode': 'x' } });
      await expect(create({ hotplug: true })).rejects.toMatchObject({ code: 'attachment.nothing_fits' });
      await expect(create({ traits: ['CUSTOM_C' as Trait] })).rejects.toThrow(
        /PGPU with CUSTOM_C on any host/,
      );
      await expect(create({ host: 'elsewhere' })).rejects.toMatchObject({ code: 'host.not_found' });
      await expect(create({ deployable: newId() })).rejects.toMatchObject({ code: 'deployable.not_found' });
      await expect(create({ deviceProfile: 'none' })).rejects.toMatchObject({
        code: 'device_profile.not_found',
      });
      const { items } = await bench.store.deployables.list({ name: 'nic' });
      const deployable = items[0]?.id;
      const byName = { resourceClass: undefined, deployable };
      expect([(await create(byName)).handle?.id, (await create(byName)).handle?.id]).toEqual(['vf0', 'vf1']);
      await expect(create(byName)).rejects.toMatchObject({ code: 'attachment.nothing_fits' });
      expect((await create({ traits: ['CUSTOM_B' as Trait] })).handle?.id).toBe('0000:84:00.0');
    });

    it('are the same for the same key, also when both ask at once', async () => {
      const [one, other] = await Promise.all([
        create({ idempotencyKey: 'k' }),
        create({ idempotencyKey: 'k' }),
      ]);
      expect(one.id).toBe(other.id);
      expect(await operations()).toHaveLength(1);
      await expect(create({ idempotencyKey: 'k', hotplug: true })).rejects.toMatchObject({
        code: 'idempotency.reused',
      });
    });

    it('that fail undo what was half done before anybody else gets the handle', async () => {
      const { id, operationId } = await create({ hotplug: true });
      await bench.commands();
      await bench.answer(operationId ?? '', refused);
      expect(await find(id)).toMatchObject({ state: 'attach_failed', failure: 'it is broken' });
      const [undo] = await operations();
      expect(undo).toMatchObject({ verb: 'detach' });
      await expect(create({ hotplug: true })).rejects.toMatchObject({ code: 'attachment.nothing_fits' });
      await bench.answer(undo?.operationId ?? '', { kind: 'succeeded', result: {} });
      expect(await find(id)).toMatchObject({ state: 'attach_failed', handle: null });
      expect(await create({ hotplug: true })).toMatchObject({ state: 'attaching' });
    });

    it('given up while they are attached are detached when that has ended', async () => {
      const { id, operationId } = await create();
      await bench.commands();
      expect(await detach(id)).toMatchObject({ state: 'detaching', operationId });
      expect(await bench.commands()).toEqual([{ kind: 'cancel', operationId }]);
      await bench.answer(operationId ?? '', succeeded);
      const [end] = await operations();
      expect(end).toMatchObject({ verb: 'detach' });
      await bench.answer(end?.operationId ?? '', { kind: 'succeeded', result: {} });
      expect(await find(id)).toMatchObject({ state: 'detached' });
    });

    it('that cannot be detached say so, and are by force, one operation after the other', async () => {
      const { id } = await attached();
      const { operationId } = await detach(id);
      await bench.commands();
      expect(await detach(id, true)).toMatchObject({ state: 'detaching', release: 'force', operationId });
      await bench.answer(operationId ?? '', refused);
      const [forced] = await operations();
      expect(forced).toMatchObject({ verb: 'detach', arguments: { force: true } });
      await bench.answer(forced?.operationId ?? '', refused);
      expect(await find(id)).toMatchObject({ state: 'detach_failed', failure: 'it is broken', connection });
      expect(await held(id)).toBe(1);
      expect(await detach(id)).toMatchObject({ state: 'detaching', release: 'wait', failure: null });
    });

    it('of another project are not there', async () => {
      const { id } = await create();
      const foreign = { attachment: id, force: false, onlyProject: 'p2' };
      await expect(bench.conductor.detachAttachment(foreign)).rejects.toMatchObject({
        code: 'attachment.not_found',
      });
    });

    describe('and what a host says it holds', () => {
      it('is left alone while it is on its way', async () => {
        const { id } = await attached();
        await tellHeld(entry('0000:83:00.0', 'vm-1'), entry('0000:84:00.0', 'stranger'));
        await reconcile();
        bench.clock.advance(reconcileGraceMs - 1);
        await reconcile();
        expect(await operations()).toEqual([]);
        expect(await find(id)).toMatchObject({ state: 'attached' });
      });

      it('is detached when nobody has it, for the consumer that the host names', async () => {
        await tellHeld(entry('0000:84:00.0', 'stranger'));
        bench.clock.advance(reconcileGraceMs);
        await tellHeld(entry('0000:84:00.0', 'stranger'));
        await reconcile();
        await reconcile();
        const detaches = await operations();
        expect(detaches).toMatchObject([
          { verb: 'detach', arguments: { consumer: { id: 'stranger' }, handle: { id: '0000:84:00.0' } } },
        ]);
        expect(detaches[0]?.arguments.force).toBeUndefined();
      });

      it('is detached by force when its record cannot be read and nobody has it', async () => {
        const unreadable = [{ driver: 'gpu', handle: '0000:84:00.0' }];
        await bench.tell({ kind: 'attachments', attachments: [], unreadable });
        bench.clock.advance(reconcileGraceMs);
        await reconcile();
        expect(await operations()).toMatchObject([{ verb: 'detach', arguments: { force: true } }]);
      });

      it('is attached again when it lacks what somebody has', async () => {
        const { id } = await attached();
        bench.clock.advance(reconcileGraceMs);
        await tellHeld();
        await reconcile();
        const [again] = await operations();
        expect(again).toMatchObject({ verb: 'attach', arguments: { attachment: id } });
        expect(await find(id)).toMatchObject({ state: 'attaching' });
        await bench.answer(again?.operationId ?? '', succeeded);
        expect(await find(id)).toMatchObject({ state: 'attached' });
      });

      it('is attached again when its machine has lost it, as by a reboot', async () => {
        await attached();
        bench.clock.advance(reconcileGraceMs);
        await tellHeld(entry('0000:83:00.0', 'vm-1', { seen: 'detached' }));
        await reconcile();
        expect(await operations()).toMatchObject([{ verb: 'attach' }]);
      });

      it('shows what is wrong with what somebody has', async () => {
        const { id } = await attached();
        await tellHeld(entry('0000:83:00.0', 'vm-1', { trouble: 'the card is gone' }));
        expect(await find(id)).toMatchObject({ trouble: 'the card is gone' });
        await tellHeld(entry('0000:83:00.0', 'another', { trouble: 'not his' }));
        expect(await find(id)).toMatchObject({ trouble: null });
      });

      it('counts only when it is the latest word', async () => {
        const { id } = await attached();
        bench.clock.advance(10);
        await tellHeld(entry('0000:83:00.0', 'vm-1', { trouble: 'new' }));
        const old = { at: bench.clock.now() - 5, attachments: [], unreadable: [] };
        await bench.tell({ kind: 'attachments', ...old });
        expect(await find(id)).toMatchObject({ trouble: 'new' });
      });

      it('is given up again when a detach came to nothing', async () => {
        const { id } = await attached();
        const { operationId } = await detach(id);
        await bench.commands();
        await bench.answer(operationId ?? '', refused);
        await tellHeld(entry('0000:83:00.0', 'vm-1'));
        bench.clock.advance(reconcileGraceMs);
        await reconcile();
        expect(await operations()).toEqual([]);
        bench.clock.advance(10 * reconcileGraceMs);
        await reconcile();
        expect(await operations()).toMatchObject([{ verb: 'detach', arguments: { attachment: id } }]);
      });
    });
  });
});
