import { beforeEach, describe, expect, it } from 'vitest';
import { aUuid, describeWithPlacement } from '../test/placement-peers.ts';
import { aClaim, aProviderOfPgpu } from '../test/provider-builders.ts';
import { type Consumers, createConsumers } from './consumers.ts';

const owner = { project_id: 'project', user_id: 'user', consumer_type: 'INSTANCE' };

describeWithPlacement('consumers', (bench) => {
  let consumers: Consumers;
  let consumer: string;
  let provider: string;
  beforeEach(async () => {
    bench.server.forget();
    consumers = createConsumers(bench.placement, { random: () => 0 });
    consumer = aUuid();
    provider = await aProviderOfPgpu(bench.placement);
  });

  const pgpu = (amount: number) => ({ [provider]: { resources: { PGPU: amount } } });
  const held = async (uuid: string) =>
    (await consumers.read(uuid)).allocations[provider]?.resources.PGPU ?? 0;
  /** An empty write of a consumer without allocations, as careless clients make it. */
  const makeGhost = (uuid: string) =>
    bench.session.request({
      service: 'placement',
      method: 'PUT',
      path: `/allocations/${uuid}`,
      headers: { 'openstack-api-version': 'placement 1.39' },
      body: { ...aClaim(provider, 1), allocations: {} },
    });

  it('claim once, also when the answer is lost', async () => {
    const claim = { ...owner, allocations: pgpu(2) };
    bench.server.dropReplyNext({ method: 'PUT' });
    expect(await consumers.claim(consumer, claim)).toBe(false);
    expect(await consumers.claim(consumer, claim)).toBe(false);
    expect(await held(consumer)).toBe(2);
    await expect(consumers.claim(consumer, { ...claim, allocations: pgpu(1) })).rejects.toMatchObject({
      code: 'placement.consumer_conflict',
    });
    const greedy = { ...owner, allocations: pgpu(3) };
    await expect(consumers.claim(aUuid(), greedy)).rejects.toMatchObject({
      code: 'placement.allocation_refused',
    });
  });

  it('edit what they have, anew when somebody else was faster', async () => {
    const once = await consumers.edit(consumer, () => pgpu(1), { owner });
    expect(once).toBe(true);
    let isFirst = true;
    bench.server.intercept(async ({ method, path }) => {
      if (method !== 'PUT' || path !== `/allocations/${consumer}` || !isFirst) return undefined;
      isFirst = false;
      await consumers.edit(consumer, () => pgpu(2));
      return undefined;
    });
    const more = ({ allocations }: Awaited<ReturnType<Consumers['read']>>) =>
      pgpu((allocations[provider]?.resources.PGPU ?? 0) + 1);
    expect(await consumers.edit(consumer, more)).toBe(true);
    expect(await held(consumer)).toBe(3);
    expect(await consumers.edit(consumer, () => pgpu(3))).toBe(false);
    bench.server.dropReplyNext({ method: 'PUT' });
    expect(await consumers.edit(consumer, more)).toBe(true);
    expect(await held(consumer)).toBe(4);
  });

  it('are cleared by an edit that leaves nothing, and leave no ghost', async () => {
    await consumers.edit(consumer, () => pgpu(1), { owner });
    expect(await consumers.edit(consumer, () => ({}))).toBe(true);
    expect(await consumers.edit(consumer, () => ({}))).toBe(false);
    expect(await consumers.clear(consumer)).toBe(false);
    const { claim } = consumers;
    expect(await claim(consumer, { ...owner, allocations: pgpu(4) })).toBe(true);
    expect(await consumers.clear(consumer)).toBe(true);
  });

  it('without anything need an owner to get something', async () => {
    await expect(consumers.edit(consumer, () => pgpu(1))).rejects.toMatchObject({
      code: 'placement.invalid',
    });
  });

  it('move to another one in one transaction, past a full provider', async () => {
    const target = aUuid();
    await consumers.claim(consumer, { ...owner, allocations: pgpu(4) });
    await makeGhost(target);
    expect(await consumers.move(consumer, target)).toBe(true);
    expect([await held(consumer), await held(target)]).toEqual([0, 4]);
    expect(await consumers.read(target)).toMatchObject(owner);
    expect(await consumers.move(consumer, target)).toBe(false);
    await consumers.edit(target, () => pgpu(3));
    await consumers.claim(consumer, { ...owner, allocations: pgpu(1) });
    await expect(consumers.move(consumer, target)).rejects.toMatchObject({
      code: 'placement.consumer_conflict',
    });
  });

  describe('written together', () => {
    it('get all or nothing', async () => {
      const others = [aUuid(), aUuid()];
      const inputs = Object.fromEntries(others.map((uuid) => [uuid, aClaim(provider, 3)]));
      await expect(bench.placement.allocations.replaceMany(inputs)).rejects.toMatchObject({
        code: 'placement.allocation_refused',
      });
      expect(await Promise.all(others.map(held))).toEqual([0, 0]);
    });

    it('get past ghosts among them', async () => {
      const uuids = Array.from({ length: 4 }, aUuid);
      await makeGhost(uuids[1] ?? '');
      await makeGhost(uuids[3] ?? '');
      const inputs = Object.fromEntries(uuids.map((uuid) => [uuid, aClaim(provider, 1)]));
      await bench.placement.allocations.replaceMany(inputs);
      expect(await Promise.all(uuids.map(held))).toEqual([1, 1, 1, 1]);
    });

    it('refuse an empty one that would leave a ghost', async () => {
      const input = { ...aClaim(provider, 1), allocations: {} };
      await expect(bench.placement.allocations.replaceMany({ [consumer]: input })).rejects.toMatchObject({
        code: 'placement.ghost_consumer',
      });
    });
  });
});
