import { describe, expect, it } from 'vitest';
import { aName, aUuid, clientOf, describeWithPlacement } from '../test/placement-peers.ts';
import { aProvider } from '../test/provider-builders.ts';
import { filterNeeds, type ResourceProviderFilter } from './provider-filter.ts';
import { startPlacementDouble } from './testing/placement-double.ts';

describe('filter of providers', () => {
  const needing: [ResourceProviderFilter, string][] = [
    [{ name: 'a', uuid: 'b' }, '1.0'],
    [{ member_of: 'in:a,b' }, '1.3'],
    [{ resources: 'PGPU:1' }, '1.4'],
    [{ in_tree: 'a' }, '1.14'],
    [{ required: 'A,B' }, '1.18'],
    [{ required: 'A,!B' }, '1.22'],
    [{ member_of: ['a', 'b'] }, '1.24'],
    [{ member_of: '!a' }, '1.32'],
    [{ required: ['A', 'B'] }, '1.39'],
    [{ required: 'in:A,B' }, '1.39'],
  ];
  it.each(needing)('%j needs %s', (filter, version) => {
    expect(filterNeeds(filter).version).toBe(version);
  });

  it('is refused where an older server would look at a part of it only', async () => {
    const server = await startPlacementDouble({ maxMicroversion: '1.38' });
    const { session, placement } = clientOf(server);
    await expect(placement.resourceProviders.list({ required: ['A', 'B'] })).rejects.toMatchObject({
      code: 'placement.microversion_unsupported',
      details: { needed: '1.39', spoken: '1.38' },
    });
    await session.close();
    await server.close();
  });
});

describeWithPlacement('long filter', (bench) => {
  it('of aggregates is asked for in parts, and finds everybody once', async () => {
    const aggregates = Array.from({ length: 120 }, aUuid);
    const ours = [aggregates[0] ?? '', aggregates[119] ?? ''];
    const { uuid } = await aProvider(bench.placement);
    await bench.placement.aggregates.replace(uuid, { resource_provider_generation: 0, aggregates: ours });
    const found = await bench.placement.resourceProviders.list({ member_of: `in:${aggregates.join(',')}` });
    expect(found.map((provider) => provider.uuid)).toEqual([uuid]);
    expect(await bench.placement.resourceProviders.list({ name: aName('nobody') })).toEqual([]);
  });
});
