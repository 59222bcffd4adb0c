import { describe, expect, it } from 'vitest';
import type { DesiredProvider, DesiredTree } from './desired-tree.ts';
import { levelsOf, planTree } from './plan-tree.ts';
import type { ProviderView } from './provider-view.ts';

const rootUuid = 'root';
const rules = { rootUuid, ownedTrait: () => true, isUnknownTrait: (name: string) => name === 'HW_UNKNOWN' };

const desired = (uuid: string, more: Partial<DesiredProvider> = {}): DesiredProvider => ({
  uuid,
  name: `name-${uuid}`,
  inventories: {},
  traits: [],
  ...more,
});
const view = (uuid: string, more: Partial<ProviderView> = {}): [string, ProviderView] => [
  uuid,
  {
    uuid,
    name: `name-${uuid}`,
    parentUuid: rootUuid,
    generation: 1,
    contents: { inventories: {}, traits: [] },
    ...more,
  },
];
const plan = (
  providers: DesiredProvider[],
  views: [string, ProviderView][],
  more: Partial<DesiredTree> = {},
) => {
  const tree = {
    root: { uuid: rootUuid },
    providers,
    ownedTrait: () => true,
    ownedProvider: () => true,
    ...more,
  };
  return planTree(tree, new Map([view(rootUuid, { parentUuid: null }), ...views]), rules);
};

describe('plan of a tree', () => {
  it('makes parents before children, however they are listed', () => {
    const providers = [
      desired('c', { parentUuid: 'b' }),
      desired('b', { parentUuid: 'a' }),
      desired('d'),
      desired('a'),
    ];
    const waves = plan(providers, []).waves.map((wave) => wave.map(({ uuid }) => uuid));
    expect(waves).toEqual([['d', 'a'], ['b'], ['c']]);
  });

  it('names those whose parent is neither there nor to be made, and their children', () => {
    const providers = [desired('a', { parentUuid: 'nowhere' }), desired('b', { parentUuid: 'a' })];
    const { orphans, waves } = plan(providers, []);
    expect(orphans.map(({ uuid }) => uuid)).toEqual(['a', 'b']);
    expect(waves).toEqual([]);
  });

  it('places providers by their depth', () => {
    const providers = [
      desired('c', { parentUuid: 'b' }),
      desired('b', { parentUuid: 'a' }),
      desired('d', { parentUuid: 'elsewhere' }),
      desired('a'),
    ];
    expect(levelsOf(providers).map((level) => level.map(({ uuid }) => uuid))).toEqual([
      ['d', 'a'],
      ['b'],
      ['c'],
    ]);
  });

  it('is empty when all is as desired', () => {
    const { waves, unread, changes, deletions, names } = plan([desired('a')], [view('a')]);
    expect({ waves, unread, changes, deletions }).toEqual({
      waves: [],
      unread: [],
      changes: [],
      deletions: [],
    });
    expect(names).toEqual({ traits: [], classes: [] });
  });

  it('says what differs of those that are known, and which must be read', () => {
    const providers = [desired('a', { traits: ['A'] }), desired('b')];
    const { changes, unread } = plan(providers, [view('a'), view('b', { contents: undefined })]);
    expect(changes).toEqual([{ desired: providers[0], change: { traits: ['A'] } }]);
    expect(unread.map(({ uuid }) => uuid)).toEqual(['b']);
  });

  it('needs only names that nobody is known to have', () => {
    const inventories = { PGPU: { total: 1 }, CUSTOM_X: { total: 1 } };
    const has = { inventories: {}, traits: ['A'] };
    const providers = [
      desired('new', { traits: ['B', 'HW_UNKNOWN'], inventories }),
      desired('known', { traits: ['A', 'C'] }),
      desired('unread', { traits: ['D'] }),
    ];
    const views = [view('known', { contents: has }), view('unread', { contents: undefined })];
    expect(plan(providers, views).names).toEqual({ traits: ['B', 'C'], classes: ['PGPU', 'CUSTOM_X'] });
  });

  it('deletes only what is ours, never the root', () => {
    const seen: unknown[] = [];
    const ownedProvider: DesiredTree['ownedProvider'] = (provider) => {
      seen.push(provider);
      return provider.name === 'name-b';
    };
    const { deletions } = plan([desired('a')], [view('a'), view('b'), view('c')], { ownedProvider });
    expect(deletions.map(({ uuid }) => uuid)).toEqual(['b']);
    expect(seen).toEqual([
      { uuid: 'b', name: 'name-b', generation: 1, parent_provider_uuid: 'root', root_provider_uuid: 'root' },
      { uuid: 'c', name: 'name-c', generation: 1, parent_provider_uuid: 'root', root_provider_uuid: 'root' },
    ]);
  });
});
