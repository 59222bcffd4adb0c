import { afterEach, describe, expect, it } from 'vitest';
import { aUuid, clientOf } from '../test/placement-peers.ts';
import { type PlacementDouble, startPlacementDouble } from './testing/placement-double.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function aServer(maxMicroversion: `1.${number}`): Promise<PlacementDouble> {
  const server = await startPlacementDouble({ maxMicroversion });
  cleanups.push(() => server.close());
  return server;
}

function aClient(server: PlacementDouble, options: Parameters<typeof clientOf>[1] = {}) {
  const { session, placement } = clientOf(server, options);
  cleanups.push(() => session.close());
  return placement;
}

describe('microversion', () => {
  it('is lowered once to what the server speaks', async () => {
    const server = await aServer('1.36');
    const placement = aClient(server);
    expect(placement.microversion()).toBe('1.39');
    await placement.resourceProviders.list();
    await placement.resourceProviders.list();
    expect(placement.microversion()).toBe('1.36');
    expect(server.requests.map(({ status }) => status)).toEqual([406, 200, 200]);
  });

  it('is settled by the first of many calls at once without confusion', async () => {
    const placement = aClient(await aServer('1.30'));
    const answers = await Promise.all(Array.from({ length: 8 }, () => placement.resourceProviders.list()));
    expect(answers).toHaveLength(8);
    expect(placement.microversion()).toBe('1.30');
  });

  it('is not asked for above what the caller wants', async () => {
    const placement = aClient(await aServer('1.39'), { microversion: '1.30' });
    await placement.resourceProviders.list();
    expect(placement.microversion()).toBe('1.30');
  });

  it('names the feature that a server is too old for, without asking it', async () => {
    const server = await aServer('1.36');
    const placement = aClient(server, { microversion: '1.36' });
    const change = { name: 'x', parent_provider_uuid: null };
    await expect(placement.resourceProviders.update(aUuid(), change)).rejects.toMatchObject({
      code: 'placement.microversion_unsupported',
      message: expect.stringContaining('another parent needs Placement 1.37'),
    });
    expect(server.requests).toHaveLength(0);
  });

  it('leaves the consumer type away where it is not known yet', async () => {
    const server = await aServer('1.37');
    const placement = aClient(server, { microversion: '1.37' });
    const uuid = aUuid();
    await placement.resourceProviders.create({ uuid, name: 'x' });
    await placement.inventories.add(uuid, { resource_class: 'PGPU', total: 1 });
    await placement.allocations.replace(aUuid(), {
      allocations: { [uuid]: { resources: { PGPU: 1 } } },
      consumer_generation: null,
      project_id: 'p',
      user_id: 'u',
      consumer_type: 'INSTANCE',
    });
    expect(server.requests.at(-1)?.body).not.toContain('consumer_type');
  });

  it('below what this client speaks is an error that says so', async () => {
    const server = await aServer('1.39');
    const errors = [{ status: 406, min_version: '1.0', max_version: '1.20' }];
    server.failNext({ status: 406, body: { errors } });
    await expect(aClient(server).resourceProviders.list()).rejects.toMatchObject({
      code: 'placement.microversion_unsupported',
      message: expect.stringContaining('at most 1.20'),
    });
  });
});

describe('answer of another shape', () => {
  it('is a bad answer that names the place in it', async () => {
    const server = await aServer('1.39');
    server.failNext({ status: 200, body: { resource_providers: [{ uuid: 7 }] } });
    await expect(aClient(server).resourceProviders.list()).rejects.toMatchObject({
      code: 'placement.bad_answer',
      kind: 'internal',
      message: expect.stringContaining('resource_providers[0].uuid'),
    });
  });
});
