import type { Trait } from '@cyborgjs/core';
import { expect, it } from 'vitest';
import { aDeployable, aDevice, aHandle } from '../../test/a-discovered-device.ts';
import { noteHotplug } from './note-hotplug.ts';

const traitsOf = (deployable: ReturnType<typeof aDeployable>) =>
  noteHotplug(aDevice({ deployables: [deployable] })).deployables[0]?.traits;

it.each([
  ['PCI functions', [aHandle('0000:17:01.0')], true],
  ['mediated devices', [aHandle('a', { type: 'MDEV' })], false],
  ['both', [aHandle('0000:17:01.0'), aHandle('a', { type: 'MDEV' })], false],
  ['nothing', [], false],
] as const)('of %s', (_what, handles, can) => {
  const traits = ['CUSTOM_A' as Trait];
  expect(traitsOf(aDeployable('x', { traits, handles: [...handles] }))).toEqual(
    can ? ['CUSTOM_A', 'CUSTOM_ACCEL_HOTPLUG'] : ['CUSTOM_A'],
  );
});

it('is said once', () => {
  const traits = ['CUSTOM_ACCEL_HOTPLUG' as Trait];
  expect(traitsOf(aDeployable('x', { traits, handles: [aHandle('0000:17:01.0')] }))).toEqual(traits);
});
