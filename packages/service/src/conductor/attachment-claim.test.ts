import type { Uuid } from '@cyborgjs/core';
import { createSession, noAuth } from '@cyborgjs/openstack-session';
import { createPlacement } from '@cyborgjs/placement-client';
import type { FaultyServer } from '@cyborgjs/placement-client/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openReady, request, succeeded } from '../../test/attachment-bench.ts';
import { type ConductorBench, openConductorBench, operationsIn } from '../../test/conductor-bench.ts';
import { type PlacementBackend, placementBackends } from '../../test/placement-backends.ts';
import { memoryDatabase, newId } from '../../test/test-store.ts';
import { createClaimSweep, tendClaims } from './claim-worker.ts';
import { createClaims } from './claims.ts';
import { defaultConductorSettings } from './conductor-settings.ts';

describe.each(placementBackends)('attachments with %s', (_name, isThere, start) => {
  describe.skipIf(!isThere)('before anything is attached', () => {
    let backend: PlacementBackend;
    let placement: FaultyServer;
    let bench: ConductorBench;
    const providers = new Map<string, Uuid>();
    const openstack = { 'x-auth-token': 'admin', 'openstack-api-version': 'placement 1.39' };

    async function ask(method: string, path: string, body?: unknown) {
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const headers = { ...openstack, 'content-type': 'application/json' };
      const response = await fetch(placement.url + path, { method, headers, ...init });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    }
    const allocated = async (consumer: string) =>
      Object.keys((await ask('GET', `/allocations/${consumer}`)).allocations);

    async function provide(address: string): Promise<void> {
      const uuid = newId();
      // Tests share a real server.
      await ask('POST', '/resource_providers', { name: `${uuid}_${address}`, uuid });
      const inventories = { PGPU: { total: 1 } };
      await ask('PUT', `/resource_providers/${uuid}/inventories`, {
        resource_provider_generation: 0,
        inventories,
      });
      providers.set(address, uuid);
    }

    /** As Nova does, and without us. */
    const takeForNova = (address: string, consumer: string = newId()) =>
      ask('PUT', `/allocations/${consumer}`, {
        allocations: { [providers.get(address) ?? '']: { resources: { PGPU: 1 } } },
        consumer_generation: null,
        project_id: 'p',
        user_id: 'u',
        consumer_type: 'INSTANCE',
      });

    beforeAll(async () => {
      backend = await start();
    }, 120_000);
    afterAll(() => backend?.stop());
    beforeEach(async () => {
      placement = await backend.open();
      providers.clear();
      const session = createSession({ auth: noAuth({ endpoint: placement.url, token: 'admin' }) });
      bench = await openConductorBench(
        memoryDatabase,
        {},
        { claims: createClaims(createPlacement(session)) },
      );
      await openReady(bench);
      for (const address of ['0000:83:00.0', '0000:84:00.0']) await provide(address);
      await bench.tell({
        kind: 'providers',
        providers: [...providers].map(([deployable, providerId]) => ({ deployable, providerId })),
      });
      await bench.commands();
    });
    afterEach(async () => {
      await bench.end();
      await placement.close();
    });

    const create = () => bench.conductor.createAttachment(request());
    const find = (id: Uuid) => bench.store.attachments.get(id);
    const tend = () => tendClaims(bench.context);
    const detach = (attachment: Uuid) =>
      bench.conductor.detachAttachment({ attachment, force: false, onlyProject: null });

    it('claim before they are attached, and give back after they are detached', async () => {
      const { id } = await create();
      expect(await find(id)).toMatchObject({ state: 'requested', claim: 'wanted' });
      expect(operationsIn(await bench.commands())).toEqual([]);
      await tend();
      const claimed = await find(id);
      expect(claimed).toMatchObject({ state: 'attaching', claim: 'held' });
      expect(await ask('GET', `/allocations/${id}`)).toMatchObject({
        consumer_type: 'ACCELERATOR_ATTACHMENT',
        project_id: 'p1',
        allocations: { [providers.get('0000:83:00.0') ?? '']: { resources: { PGPU: 1 } } },
      });
      await bench.answer(claimed.operationId ?? '', succeeded);
      const { operationId } = await detach(id);
      expect(await allocated(id)).toHaveLength(1);
      await bench.answer(operationId ?? '', { kind: 'succeeded', result: {} });
      expect(await find(id)).toMatchObject({ state: 'detached', claim: 'releasing' });
      await tend();
      expect(await find(id)).toMatchObject({ claim: 'none' });
      expect(await allocated(id)).toEqual([]);
    });

    it('go elsewhere when Nova was faster, and fail when there is nowhere else', async () => {
      await takeForNova('0000:83:00.0');
      const { id } = await create();
      await tend();
      expect(await find(id)).toMatchObject({ state: 'requested', handle: { id: '0000:84:00.0' } });
      await tend();
      expect(await find(id)).toMatchObject({ state: 'attaching', claim: 'held' });
      const other = await create();
      await tend();
      expect(await find(other.id)).toMatchObject({ state: 'attach_failed', claim: 'none', handle: null });
      expect((await find(other.id)).failure).toMatch(/nothing that is ready.*Placement did not give/);
    });

    it('wait for what their agent has not opened yet, but not for ever', async () => {
      const providerId = providers.get('0000:83:00.0') ?? newId();
      const write = async (reserved: number) => {
        const path = `/resource_providers/${providerId}/inventories`;
        const { resource_provider_generation } = await ask('GET', path);
        await ask('PUT', path, {
          resource_provider_generation,
          inventories: { PGPU: { total: 1, reserved } },
        });
      };
      await write(1);
      const { id } = await create();
      await tend();
      expect(await find(id)).toMatchObject({
        state: 'requested',
        claim: 'wanted',
        handle: { id: '0000:83:00.0' },
      });
      await write(0);
      bench.clock.advance(defaultConductorSettings.retryBaseMs);
      await tend();
      expect(await find(id)).toMatchObject({ state: 'attaching', failure: null });

      await takeForNova('0000:84:00.0');
      const second = await bench.conductor.createAttachment(request());
      bench.clock.advance(defaultConductorSettings.bindDeadlineMs);
      await tend();
      expect(await find(second.id)).toMatchObject({ state: 'attach_failed' });
    });

    it('wait for a Placement that is away, and can be given up meanwhile', async () => {
      const { id } = await create();
      await placement.close();
      await tend();
      expect(await find(id)).toMatchObject({ state: 'requested', claimFailures: 1 });
      expect((await find(id)).failure).toMatch(/Placement cannot be asked/);
      expect(await detach(id)).toMatchObject({ state: 'detached', claim: 'releasing', handle: null });
      placement = await backend.open();
    });

    it('take an allocation that an earlier try made whose answer was lost', async () => {
      const { id } = await create();
      await bench.context.claims?.claim({
        attachmentId: id,
        providerId: providers.get('0000:83:00.0') ?? newId(),
        resourceClass: 'PGPU',
        projectId: 'p1',
        userId: 'operator',
      });
      await tend();
      expect(await find(id)).toMatchObject({ state: 'attaching', claim: 'held' });
    });

    it('leave nothing in Placement that nobody will give back, and what is Nova’s alone', async () => {
      const [lost, server] = [newId(), newId()];
      const providerId = providers.get('0000:83:00.0') ?? newId();
      const left = { attachmentId: lost, providerId, resourceClass: 'PGPU', projectId: 'p', userId: 'u' };
      await bench.context.claims?.claim(left);
      await takeForNova('0000:84:00.0', server);
      const sweep = createClaimSweep(bench.context);
      for (let round = 0; round < 4; round += 1) await sweep();
      expect([await allocated(lost), (await allocated(server)).length]).toEqual([[], 1]);
    });
  });
});
