import { describe, expect, it } from 'vitest';
import { aName, aUuid, clientOf, describeWithPlacement } from '../test/placement-peers.ts';
import { aProvider } from '../test/provider-builders.ts';
import { aDevice, aRoot, aTree } from '../test/tree-builders.ts';
import { type CandidatesRequest, candidatesQuery } from './candidates-query.ts';
import { startPlacementDouble } from './testing/placement-double.ts';
import { syncTree } from './tree/tree-sync.ts';

const [one, two, three] = [aUuid(), aUuid(), aUuid()];
const pgpu = { resources: { PGPU: 1 } };

describe('query for candidates', () => {
  it('has the parameters of Placement for each group', () => {
    const request: CandidatesRequest = {
      spread: { resources: { VCPU: 2, MEMORY_MB: 512 }, inTree: one },
      groups: {
        _GPU: {
          ...pgpu,
          required: ['A', 'B'],
          forbidden: ['C'],
          requiredAny: [['D', 'E']],
          memberOf: [[one, two], [three]],
          notMemberOf: [two],
        },
        _NUMA: { required: ['HW_NUMA_ROOT'] },
      },
      groupPolicy: 'none',
      sameSubtree: [['_GPU', '_NUMA']],
      rootRequired: { required: ['F'], forbidden: ['G'] },
      limit: 5,
    };
    expect(candidatesQuery(request)).toEqual({
      query: {
        resources: 'VCPU:2,MEMORY_MB:512',
        in_tree: one,
        resources_GPU: 'PGPU:1',
        required_GPU: ['A,B,!C', 'in:D,E'],
        member_of_GPU: [`in:${one},${two}`, three, `!${two}`],
        required_NUMA: ['HW_NUMA_ROOT'],
        group_policy: 'none',
        same_subtree: ['_GPU,_NUMA'],
        root_required: 'F,!G',
        limit: 5,
      },
      needs: { version: '1.39', what: expect.any(String) },
    });
  });

  const needing: [CandidatesRequest, string][] = [
    [{ spread: pgpu }, '1.10'],
    [{ spread: pgpu, limit: 1 }, '1.16'],
    [{ spread: { ...pgpu, required: ['A'] } }, '1.17'],
    [{ spread: { ...pgpu, memberOf: [[one]] } }, '1.21'],
    [{ spread: { ...pgpu, forbidden: ['A'] } }, '1.22'],
    [{ spread: { ...pgpu, memberOf: [[one], [two]] } }, '1.24'],
    [{ groups: { 1: pgpu } }, '1.25'],
    [{ spread: { ...pgpu, inTree: one } }, '1.31'],
    [{ spread: { ...pgpu, notMemberOf: [one] } }, '1.32'],
    [{ groups: { _A: pgpu } }, '1.33'],
    [{ spread: pgpu, rootRequired: { required: ['A'] } }, '1.35'],
    [{ groups: { _A: pgpu }, sameSubtree: [['_A']] }, '1.36'],
    [{ spread: { ...pgpu, requiredAny: [['A', 'B']] } }, '1.39'],
  ];
  it.each(needing)('knows for %j that it needs %s', (request, version) => {
    expect(candidatesQuery(request).needs.version).toBe(version);
  });

  const refused: [CandidatesRequest, string][] = [
    [{}, 'no resources'],
    [{ groups: { 1: pgpu, 2: pgpu } }, 'groupPolicy'],
    [{ spread: { resources: { PGPU: 0 } } }, '0 of PGPU'],
    [{ spread: { resources: { pgpu: 1 } } }, '"pgpu"'],
    [{ spread: { ...pgpu, required: ['in:A'] } }, '"in:A"'],
    [{ spread: { ...pgpu, required: ['A'], forbidden: ['A'] } }, 'both required and forbidden'],
    [{ spread: { ...pgpu, requiredAny: [[]] } }, 'empty list'],
    [{ spread: { ...pgpu, memberOf: [['x']] } }, '"x" is no uuid'],
    [{ spread: pgpu, groups: { 'a b': pgpu } }, 'suffix "a b"'],
    [{ spread: pgpu, groups: { '01': pgpu } }, 'begins with 0'],
    [{ spread: pgpu, groups: { _A: { required: ['A'] } } }, 'members of sameSubtree'],
    [{ spread: pgpu, sameSubtree: [['_B']] }, 'no group'],
    [{ spread: pgpu, groups: { 1: pgpu }, sameSubtree: [['1']] }, 'begin with "_"'],
    [{ spread: pgpu, rootRequired: {} }, 'names no trait'],
    [{ spread: pgpu, limit: 0 }, 'limit'],
  ];
  it.each(refused)('refuses %j', (request, message) => {
    expect(() => candidatesQuery(request)).toThrow(
      expect.objectContaining({ code: 'placement.invalid_query', message: expect.stringContaining(message) }),
    );
  });

  it('that the negotiated version cannot say is refused with the version it needs', async () => {
    const server = await startPlacementDouble({ maxMicroversion: '1.34' });
    const { session, placement } = clientOf(server);
    const request = { spread: { ...pgpu, requiredAny: [['HW_CPU_X86_VMX', 'HW_CPU_X86_SVM']] } };
    await expect(placement.allocationCandidates.find(request)).rejects.toMatchObject({
      code: 'placement.microversion_unsupported',
      details: { needed: '1.39', spoken: '1.34' },
    });
    await session.close();
    await server.close();
  });
});

describeWithPlacement('candidates', (bench) => {
  it('for one group are found, with what is known of their tree', async () => {
    const root = aRoot();
    const device = aDevice(root, 'a');
    await syncTree(bench.placement, aTree(root, [device]));
    const found = await bench.placement.allocationCandidates.find({
      spread: { ...pgpu, inTree: root.uuid, required: ['OWNER_CYBORG'] },
    });
    expect(found.allocation_requests).toEqual([
      expect.objectContaining({ allocations: { [device.uuid]: expect.anything() } }),
    ]);
    expect(Object.keys(found.provider_summaries).sort()).toEqual([root.uuid, device.uuid].sort());
  });

  it('of groups in one subtree are found', async () => {
    const root = aRoot();
    const card = aDevice(root, 'card', { inventories: {}, traits: ['OWNER_CYBORG'] });
    const parts = ['a', 'b'].map((name) => aDevice(root, name, { parentUuid: card.uuid }));
    const stray = aDevice(root, 'stray');
    await syncTree(bench.placement, aTree(root, [card, ...parts, stray]));
    const group = { ...pgpu, inTree: root.uuid, requiredAny: [['OWNER_CYBORG', 'HW_GPU_API_VULKAN']] };
    const found = await bench.placement.allocationCandidates.find({
      groups: { _A: group, _B: group, _CARD: { required: ['OWNER_CYBORG'] } },
      groupPolicy: 'isolate',
      sameSubtree: [['_A', '_B', '_CARD']],
      rootRequired: { forbidden: ['HW_GPU_API_VULKAN'] },
    });
    const pairs = found.allocation_requests.map(({ allocations }) => Object.keys(allocations).sort());
    expect(pairs).toEqual([expect.anything(), expect.anything()]);
    expect(pairs[0]).toEqual(parts.map(({ uuid }) => uuid).sort());
  });

  it('of a group without suffix are spread over a tree, with the traits of all who serve it', async () => {
    const root = aRoot();
    const cpu = aDevice(root, 'cpu', { inventories: { VCPU: { total: 8 } }, traits: ['HW_GPU_API_VULKAN'] });
    const gpus = ['a', 'b'].map((name) => aDevice(root, name));
    await syncTree(bench.placement, aTree(root, [cpu, ...gpus], { ownedTrait: () => true }));
    const spread = { resources: { VCPU: 2, PGPU: 1 }, inTree: root.uuid };
    const found = async (more: object) =>
      (
        await bench.placement.allocationCandidates.find({ spread: { ...spread, ...more } })
      ).allocation_requests.map(({ allocations }) => Object.keys(allocations).sort());
    const pairs = gpus.map(({ uuid }) => [cpu.uuid, uuid].sort());
    expect((await found({ required: ['OWNER_CYBORG', 'HW_GPU_API_VULKAN'] })).sort()).toEqual(pairs.sort());
    expect(await found({ forbidden: ['OWNER_CYBORG'] })).toEqual([]);
    const isolated = bench.placement.allocationCandidates.find({
      groups: { _A: { ...pgpu, inTree: root.uuid }, _B: { resources: { PGPU: 4 }, inTree: root.uuid } },
      groupPolicy: 'none',
    });
    // Both cannot come from one: 1 + 4 of 4.
    expect((await isolated).allocation_requests).toHaveLength(2);
  });

  it('of many aggregates are asked for in parts, and come once each', async () => {
    const aggregates = Array.from({ length: 120 }, aUuid);
    const { uuid } = await aProvider(bench.placement);
    const name = aName('CUSTOM_X');
    await bench.placement.resourceClasses.ensure(name);
    const inventories = { [name]: { total: 1 } };
    await bench.placement.inventories.replace(uuid, { resource_provider_generation: 0, inventories });
    const ours = [aggregates[0] ?? '', aggregates[119] ?? ''];
    await bench.placement.aggregates.replace(uuid, { resource_provider_generation: 1, aggregates: ours });
    bench.server.forget();
    const request = { spread: { resources: { [name]: 1 }, memberOf: [aggregates] } };
    const { allocation_requests: found } = await bench.placement.allocationCandidates.find(request);
    expect(found.map(({ allocations }) => Object.keys(allocations))).toEqual([[uuid]]);
    expect(bench.server.requests.length).toBeGreaterThan(3);
    const spread = { resources: { [name]: 1, VCPU: 1 }, memberOf: [aggregates] };
    await expect(bench.placement.allocationCandidates.find({ spread })).rejects.toMatchObject({
      code: 'placement.query_too_long',
    });
  });
});
