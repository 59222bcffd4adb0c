import { describe, expect, it } from 'vitest';
import { aStoredDevice } from '../../test/a-stored-device.ts';
import { type AutoReadyRule, describeRule, doubtOf, namedRules, ruleFor } from './auto-ready.ts';

const device = aStoredDevice(
  [
    { resourceClass: 'PGPU', traits: ['OWNER_CYBORG', 'CUSTOM_GPU_NVIDIA'] },
    { resourceClass: 'VGPU', traits: ['CUSTOM_MIG'] },
  ],
  { driver: 'gpu', vendor: '10de', model: 'NVIDIA H200', host: 'node-7' },
);

describe('a rule', () => {
  it.each<[AutoReadyRule, boolean]>([
    [{ driver: 'gpu' }, true],
    [{ driver: 'fpga' }, false],
    [{ vendor: '10DE' }, true],
    [{ model: '*h200*' }, true],
    [{ model: 'H200' }, false],
    [{ host: 'node-?' }, true],
    [{ host: 'node-??' }, false],
    [{ trait: 'CUSTOM_MIG' }, true],
    [{ trait: 'CUSTOM_FPGA*' }, false],
    [{ driver: 'gpu', vendor: '10de', model: 'NVIDIA*', host: '*', trait: 'CUSTOM_*' }, true],
    [{ driver: 'gpu', vendor: '10de', model: 'NVIDIA*', host: 'node-8', trait: 'CUSTOM_*' }, false],
  ])('%j fits: %s', (rule, expected) => expect(ruleFor(device, [rule]) !== undefined).toBe(expected));

  it('is the first that fits', () => {
    const rules = [{ host: 'other' }, { driver: 'gpu', profile: 'a' }, { driver: 'gpu', profile: 'b' }];
    expect(ruleFor(device, rules)).toEqual({ name: 'rule:2', rule: rules[1] });
  });

  it('without a part that has traits is not fulfilled by any trait', () =>
    expect(ruleFor({ ...device, deployables: [] }, [{ trait: '*' }])).toBeUndefined());

  it('is shown as it was written', () =>
    expect(describeRule({ driver: 'gpu', host: 'node-*', profile: 'whole', options: { a: 'b' } })).toBe(
      'driver gpu, host node-*; profile whole, a=b',
    ));
});

describe('against a rule', () => {
  const doubts = (...rules: AutoReadyRule[]) => {
    const named = namedRules(rules);
    return named.map((rule) => doubtOf(rule, { rules: named, drivers: ['gpu', 'pci'] }));
  };
  const never = expect.stringContaining('rule:1 fits too and comes first');

  it.each<[AutoReadyRule, AutoReadyRule, unknown]>([
    [{ driver: 'gpu' }, { driver: 'GPU', host: 'a' }, never],
    [{ host: '*' }, { model: 'x' }, never],
    [{ trait: '*' }, { trait: 'A' }, never],
    [{ trait: '*' }, { model: 'x' }, undefined],
    [{ driver: 'gpu', host: 'a' }, { driver: 'gpu' }, undefined],
    [{ driver: 'gpu' }, { host: 'a' }, undefined],
    [{ host: 'a*' }, { host: 'ab' }, undefined],
  ])('%j then %j', (one, other, expected) => expect(doubts(one, other)).toEqual([undefined, expected]));

  it('it is said that there is no such driver', () =>
    expect(doubts({ driver: 'g*' }, { driver: 'fgpa' })).toEqual([
      undefined,
      expect.stringContaining('fits no driver that is named here (gpu, pci)'),
    ]));
});
