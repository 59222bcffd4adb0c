import { beforeEach, describe, expect, it } from 'vitest';
import { aName, aUuid, clientOf, describeWithPlacement } from '../test/placement-peers.ts';
import type { AllocationCandidates } from './allocation-candidates.ts';
import type { CandidatesRequest } from './candidates-query.ts';
import type { Microversion } from './microversion.ts';

/** Two hosts with a card each, and a store whose disks both may use. */
interface Cloud {
  readonly classes: { readonly cpu: string; readonly card: string; readonly disk: string };
  readonly aggregate: string;
  readonly left: string;
  readonly leftCard: string;
  readonly right: string;
  readonly rightCard: string;
  readonly store: string;
}

describeWithPlacement('candidates with shared providers', (bench) => {
  let cloud: Cloud;

  beforeEach(async () => {
    bench.server.forget();
    cloud = await aCloud();
  });

  async function make(
    className: string,
    options: { parent?: string; traits?: string[]; aggregates?: string[] } = {},
  ) {
    const { parent = null, traits = [], aggregates = [] } = options;
    const { placement } = bench;
    const uuid = aUuid();
    await placement.resourceProviders.create({ uuid, name: aName('rp'), parent_provider_uuid: parent });
    const inventories = { [className]: { total: 4 } };
    await placement.inventories.replace(uuid, { resource_provider_generation: 0, inventories });
    if (traits.length > 0)
      await placement.providerTraits.replace(uuid, { resource_provider_generation: 1, traits });
    if (aggregates.length > 0) {
      const resource_provider_generation = traits.length > 0 ? 2 : 1;
      await placement.aggregates.replace(uuid, { resource_provider_generation, aggregates });
    }
    return uuid;
  }

  async function aCloud(): Promise<Cloud> {
    // Classes of their own, so that whatever else a shared Placement has does not count.
    const classes = { cpu: aName('CUSTOM_CPU'), card: aName('CUSTOM_CARD'), disk: aName('CUSTOM_DISK') };
    for (const name of Object.values(classes)) await bench.placement.resourceClasses.ensure(name);
    const aggregate = aUuid();
    const left = await make(classes.cpu, { aggregates: [aggregate] });
    const right = await make(classes.cpu, { aggregates: [aggregate], traits: ['HW_CPU_X86_VMX'] });
    return {
      classes,
      aggregate,
      left,
      leftCard: await make(classes.card, { parent: left }),
      right,
      rightCard: await make(classes.card, { parent: right, traits: ['HW_GPU_API_VULKAN'] }),
      store: await make(classes.disk, {
        traits: ['MISC_SHARES_VIA_AGGREGATE', 'STORAGE_DISK_SSD'],
        aggregates: [aggregate],
      }),
    };
  }

  const providersOf = ({ allocation_requests: requests }: AllocationCandidates) =>
    requests.map(({ allocations }) => Object.keys(allocations).toSorted()).toSorted();
  const sets = (...lists: string[][]) => lists.map((list) => list.toSorted()).toSorted();
  const find = async (request: CandidatesRequest) =>
    providersOf(await bench.placement.allocationCandidates.find(request));
  const amounts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 1]));

  describe('in the group without suffix', () => {
    it('are those of all trees in an aggregate with it', async () => {
      const { classes, left, leftCard, right, rightCard, store } = cloud;
      const resources = amounts(classes.cpu, classes.card, classes.disk);
      const found = await bench.placement.allocationCandidates.find({ spread: { resources } });
      expect(providersOf(found)).toEqual(sets([left, leftCard, store], [right, rightCard, store]));
      expect(found.allocation_requests[0]?.mappings['']).toHaveLength(3);
      expect(Object.keys(found.provider_summaries).toSorted()).toEqual(
        [left, leftCard, right, rightCard, store].toSorted(),
      );
    });

    it('serve alone only once, whoever they share with', async () => {
      expect(await find({ spread: { resources: amounts(cloud.classes.disk) } })).toEqual([[cloud.store]]);
    });

    it('count with their traits, as everybody who serves the group', async () => {
      const { classes, left, right, store } = cloud;
      const resources = amounts(classes.cpu, classes.disk);
      const both = sets([left, store], [right, store]);
      expect(await find({ spread: { resources, required: ['STORAGE_DISK_SSD'] } })).toEqual(both);
      expect(await find({ spread: { resources, forbidden: ['STORAGE_DISK_SSD'] } })).toEqual([]);
      expect(await find({ spread: { resources, required: ['HW_CPU_X86_VMX'] } })).toEqual([
        [right, store].toSorted(),
      ]);
    });

    it('are left out where one tree is asked for', async () => {
      const { classes, left, leftCard } = cloud;
      const cards = amounts(classes.cpu, classes.card);
      expect(await find({ spread: { resources: cards, inTree: left } })).toEqual([
        [left, leftCard].toSorted(),
      ]);
      const resources = amounts(classes.cpu, classes.disk);
      expect(await find({ spread: { resources, inTree: left } })).toEqual([]);
    });

    it('must be in an aggregate themselves, while what the root is in its whole tree is in', async () => {
      const { classes, left, leftCard, right, rightCard, store, aggregate } = cloud;
      const cards = { spread: { resources: amounts(classes.card), memberOf: [[aggregate]] } };
      expect(await find(cards)).toEqual(sets([leftCard], [rightCard]));
      const disks = { spread: { resources: amounts(classes.cpu, classes.disk), memberOf: [[aggregate]] } };
      expect(await find(disks)).toEqual(sets([left, store], [right, store]));
      const none = { spread: { resources: amounts(classes.card), notMemberOf: [aggregate] } };
      expect(await find(none)).toEqual([]);
      const elsewhere = aUuid();
      await bench.placement.aggregates.replace(left, {
        ...(await bench.placement.aggregates.get(left)),
        aggregates: [aggregate, elsewhere],
      });
      expect(await find({ spread: { ...disks.spread, memberOf: [[elsewhere]] } })).toEqual([]);
    });

    it('end with the aggregate', async () => {
      const { classes, right, left, store } = cloud;
      const held = await bench.placement.aggregates.get(right);
      await bench.placement.aggregates.replace(right, { ...held, aggregates: [] });
      const resources = amounts(classes.cpu, classes.disk);
      expect(await find({ spread: { resources } })).toEqual([[left, store].toSorted()]);
    });
  });

  describe('in groups with suffixes', () => {
    it('serve beside the providers of every tree', async () => {
      const { classes, left, right, store } = cloud;
      const groups = {
        _CPU: { resources: amounts(classes.cpu) },
        _DISK: { resources: amounts(classes.disk), required: ['STORAGE_DISK_SSD'] },
      };
      const found = await bench.placement.allocationCandidates.find({ groups, groupPolicy: 'isolate' });
      expect(providersOf(found)).toEqual(sets([left, store], [right, store]));
      expect(found.allocation_requests.every(({ mappings }) => mappings._DISK?.[0] === store)).toBe(true);
      const rooted = { groups, groupPolicy: 'none', rootRequired: { required: ['HW_CPU_X86_VMX'] } } as const;
      expect(await find(rooted)).toEqual([[right, store].toSorted()]);
      const subtree = { groups, groupPolicy: 'none', sameSubtree: [['_CPU', '_DISK']] } as const;
      expect(await find(subtree)).toEqual([]);
    });

    it('can be named by their own tree', async () => {
      const { classes, left, right, store } = cloud;
      const groups = {
        _CPU: { resources: amounts(classes.cpu) },
        _DISK: { resources: amounts(classes.disk), inTree: store },
      };
      expect(await find({ groups, groupPolicy: 'none' })).toEqual(sets([left, store], [right, store]));
    });
  });

  describe('below 1.29', () => {
    it.each(['1.10', '1.12', '1.17', '1.26', '1.27', '1.28'] as const)(
      'have one provider of each tree, as %s shows them',
      async (microversion: Microversion) => {
        const { session, placement } = clientOf(bench, { microversion });
        const { classes, left, leftCard, right, store } = cloud;
        const ask = (...names: string[]) =>
          placement.allocationCandidates.find({ spread: { resources: amounts(...names) } });
        expect((await ask(classes.cpu, classes.card)).allocation_requests).toEqual([]);
        const inventory = { resource_class: classes.card, total: 1 };
        await bench.placement.inventories.add(store, inventory);
        const found = await ask(classes.cpu, classes.disk);
        expect(providersOf(found)).toEqual(sets([left, store], [right, store]));
        expect(Object.keys(found.provider_summaries).toSorted()).toEqual([left, right, store].toSorted());
        expect(Object.keys(found.provider_summaries)).not.toContain(leftCard);
        const minor = Number(microversion.split('.')[1]);
        const shown = found.provider_summaries[store];
        expect(Object.keys(shown?.resources ?? {})).toHaveLength(minor < 27 ? 1 : 2);
        expect(shown?.traits.toSorted()).toEqual(
          minor < 17 ? [] : ['MISC_SHARES_VIA_AGGREGATE', 'STORAGE_DISK_SSD'],
        );
        expect(shown?.root_provider_uuid).toBeNull();
        await session.close();
      },
    );
  });

  it('are refused with parameters that their time did not know', async () => {
    const query = { resources: `${cloud.classes.cpu}:1` };
    const since: [Microversion, Microversion, Record<string, string | string[]>][] = [
      ['1.15', '1.16', { ...query, limit: '1' }],
      ['1.16', '1.17', { ...query, required: 'HW_CPU_X86_VMX' }],
      ['1.20', '1.21', { ...query, member_of: cloud.aggregate }],
      ['1.21', '1.22', { ...query, required: '!HW_CPU_X86_VMX' }],
      ['1.23', '1.24', { ...query, member_of: [cloud.aggregate, cloud.aggregate] }],
      ['1.24', '1.25', { resources1: query.resources }],
      ['1.30', '1.31', { ...query, in_tree: cloud.left }],
      ['1.31', '1.32', { ...query, member_of: `!${cloud.aggregate}` }],
      ['1.32', '1.33', { resources_A: query.resources }],
      ['1.34', '1.35', { ...query, root_required: 'HW_CPU_X86_VMX' }],
      ['1.35', '1.36', { resources_A: query.resources, same_subtree: '_A' }],
      ['1.38', '1.39', { ...query, required: 'in:HW_CPU_X86_VMX,HW_CPU_X86_SVM' }],
    ];
    for (const [before, from, parameters] of since) {
      const say = async (microversion: Microversion) => {
        const { session, placement } = clientOf(bench, { microversion });
        try {
          await placement.allocationCandidates.query(parameters);
          return 200;
        } catch (error) {
          return (error as { status?: number }).status;
        } finally {
          await session.close();
        }
      };
      expect([parameters, await say(before), await say(from)]).toEqual([parameters, 400, 200]);
    }
    for (const wrong of [
      { ...query, limit: '0' },
      { ...query, group_policy: 'some' },
    ])
      await expect(bench.placement.allocationCandidates.query(wrong)).rejects.toMatchObject({ status: 400 });
  });
});
