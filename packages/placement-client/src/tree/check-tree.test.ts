import { describe, expect, it } from 'vitest';
import { checkTree } from './check-tree.ts';
import type { DesiredProvider, DesiredTree } from './desired-tree.ts';

const uuid = (last: string) => `00000000-0000-4000-8000-00000000000${last}`;
const provider = (more: Partial<DesiredProvider> = {}): DesiredProvider => ({
  uuid: uuid('1'),
  name: 'host_card',
  inventories: { PGPU: { total: 4, reserved: 4 } },
  traits: ['OWNER_CYBORG'],
  ...more,
});
const tree = (providers: DesiredProvider[], more: Partial<DesiredTree> = {}): DesiredTree => ({
  root: { uuid: uuid('0') },
  providers,
  ownedTrait: () => true,
  ownedProvider: () => true,
  ...more,
});

const wrong: readonly [message: string, DesiredTree][] = [
  ['root: needs a uuid or a name', tree([], { root: {} })],
  ['root: needs both a uuid and a name', tree([], { createRoot: true })],
  ['root.uuid: "X" is no uuid', tree([], { root: { uuid: 'X' } })],
  [
    'provider "host_card": uuid: "00000000-0000-4000-8000-00000000000A" is no uuid in lower case',
    tree([provider({ uuid: uuid('A') })]),
  ],
  [`uuid "${uuid('1')}": is used twice`, tree([provider(), provider({ name: 'other' })])],
  [`uuid "${uuid('0')}": is used twice`, tree([provider({ uuid: uuid('0') })])],
  ['name "host_card": is used twice', tree([provider(), provider({ uuid: uuid('2') })])],
  ['a name has 1 to 200 characters', tree([provider({ name: 'x'.repeat(201) })])],
  ['"gpu" is no trait name', tree([provider({ traits: ['gpu'] })])],
  ['"gpu" is no resource class', tree([provider({ inventories: { gpu: { total: 1 } } })])],
  ['the total of PGPU is 0; leave the class out', tree([provider({ inventories: { PGPU: { total: 0 } } })])],
  ['5 of 4 PGPU cannot be reserved', tree([provider({ inventories: { PGPU: { total: 4, reserved: 5 } } })])],
  ['provider "host_card": is its own ancestor', tree([provider({ parentUuid: uuid('1') })])],
  [
    'is its own ancestor',
    tree([
      provider({ parentUuid: uuid('2') }),
      provider({ uuid: uuid('2'), name: 'b', parentUuid: uuid('1') }),
    ]),
  ],
];

describe('desired tree', () => {
  it.each(wrong)('is refused: %s', (message, given) => {
    expect(() => checkTree(given)).toThrow(
      expect.objectContaining({
        code: 'placement.invalid_tree',
        kind: 'invalid',
        message: expect.stringContaining(message),
      }),
    );
  });

  it('is accepted at the edges of what Placement takes', () => {
    const nameOf200 = provider({ name: '💡'.repeat(200) });
    const child = provider({
      uuid: uuid('2'),
      name: 'child',
      parentUuid: uuid('1'),
      traits: [],
      inventories: {},
    });
    expect(() => checkTree(tree([child, nameOf200]))).not.toThrow();
    expect(() => checkTree(tree([], { root: { name: 'host' } }))).not.toThrow();
  });
});
