import { PciAddress } from '@cyborgjs/core';
import { describe, expect, it } from 'vitest';
import { compileRules } from './compile-rules.ts';
import { PciConfig, type PciRule } from './config.ts';

const port = {
  address: PciAddress.parse('0000:5e:00.1'),
  vendor: '8086',
  device: '1592',
  class: '020000',
};
const matchRule = (rules: readonly PciRule[], fn: typeof port) => compileRules(rules)(fn);
const rulesOf = (...devices: readonly unknown[]) => PciConfig.parse({ devices }).devices;

describe('allow-list', () => {
  it('offers nothing when it is empty', () => {
    expect(matchRule(PciConfig.parse({}).devices, port)).toBeUndefined();
  });

  it.each([
    ['its vendor', { vendor: '8086' }, true],
    ['its vendor in upper case', { vendor: '8086', product: '1592' }, true],
    ['another vendor', { vendor: '15b3' }, false],
    ['another product', { vendor: '8086', product: '1593' }, false],
    ['the beginning of its class', { vendor: '8086', class: '02' }, true],
    ['another class', { vendor: '8086', class: '0108' }, false],
    ['its card by address', { address: '0000:5e:00.*' }, true],
    ['one digit left open', { address: '0000:5e:00.?' }, true],
    ['an address whose dot is no wild card', { address: '0000:5e:00?1' }, true],
    ['another address', { address: '0000:5f:*' }, false],
    ['a part of its address', { address: '5e:00.1' }, false],
  ])('takes a rule with %s', (_case, rule, fits) => {
    expect(matchRule(rulesOf(rule), port) !== undefined).toBe(fits);
  });

  it('lets the first rule that fits decide', () => {
    const rules = rulesOf(
      { vendor: '8086', product: '1592', resourceClass: 'CUSTOM_NIC' },
      { vendor: '8086', resourceClass: 'CUSTOM_OTHER' },
    );
    expect(matchRule(rules, port)?.resourceClass).toBe('CUSTOM_NIC');
  });
});

describe('settings', () => {
  it.each([
    ['a rule that fits everything', { class: '02' }, 'devices.0'],
    ['a product without a vendor', { product: '1592', address: '*' }, 'devices.0.product'],
    ['an id with 0x', { vendor: '0x8086' }, 'devices.0.vendor'],
    ['a standard resource class', { vendor: '8086', resourceClass: 'PGPU' }, 'devices.0.resourceClass'],
    ['a key that does not exist', { vendor: '8086', model_name: 'x' }, 'devices.0'],
    ['a network with a blank', { vendor: '8086', physicalNetwork: 'net 1' }, 'devices.0.physicalNetwork'],
    ['half a virtual function', { vendor: '8086', virtualFunctions: 1.5 }, 'devices.0.virtualFunctions'],
    ['a trait in lower case', { vendor: '8086', traits: ['custom_x'] }, 'devices.0.traits.0'],
  ])('refuse %s, with its place', (_case, rule, place) => {
    const { error } = PciConfig.safeParse({ devices: [rule] });
    expect(error?.issues.map(({ path }) => path.join('.'))).toContain(place);
  });

  it('read ids in upper case too', () => {
    expect(PciConfig.parse({ devices: [{ vendor: '15B3' }] }).devices[0]?.vendor).toBe('15b3');
  });
});
