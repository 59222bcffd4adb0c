import { isDriverError } from '@cyborgjs/driver-sdk';
import { describe, expect, it } from 'vitest';
import { knownMigProfiles } from './mig-boards.ts';
import { planMigLayout } from './mig-plan.ts';

const h100 = knownMigProfiles('2330') ?? [];
const a30 = knownMigProfiles('20b7') ?? [];

const plan = (names: string, known = h100, fill = false) =>
  planMigLayout({ profiles: names.split(','), fill }, known).map(
    ({ profile, start }) => `${profile.name}@${start}`,
  );

describe('placing GPU instances', () => {
  it.each([
    ['3g.40gb,4g.40gb', ['4g.40gb@0', '3g.40gb@4']],
    ['3g.40gb,3g.40gb', ['3g.40gb@0', '3g.40gb@4']],
    ['1g.10gb,2g.20gb,3g.40gb', ['3g.40gb@0', '2g.20gb@4', '1g.10gb@6']],
    ['7g.80gb', ['7g.80gb@0']],
  ])('%s finds its places', (names, expected) => {
    expect(plan(names)).toEqual(expected);
  });

  it('fills a card with as many as there is room for', () => {
    expect(plan('1g.10gb', h100, true)).toHaveLength(7);
    expect(plan('1g.20gb', h100, true)).toEqual(['1g.20gb@0', '1g.20gb@2', '1g.20gb@4', '1g.20gb@6']);
    expect(plan('2g.20gb', h100, true)).toHaveLength(3);
    expect(plan('2g.12gb', a30, true)).toEqual(['2g.12gb@0', '2g.12gb@2']);
  });

  it.each([
    ['7g.80gb,1g.10gb', 'do not fit beside each other'],
    ['4g.40gb,4g.40gb', 'do not fit beside each other'],
    // Seven compute slices would do for both; the memory slices of two 3g leave none.
    ['3g.40gb,3g.40gb,1g.10gb', 'do not fit beside each other'],
    ['1g.5gb', 'has no MIG profile 1g.5gb'],
  ])('refuses %s and says why', (names, reason) => {
    expect(() => plan(names)).toThrow(reason);
    expect(() => plan(names)).toThrow(
      expect.toSatisfy((error) => isDriverError(error) && error.code === 'invalid'),
    );
  });
});
