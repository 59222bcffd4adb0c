import type { DiscoveredDeployable, DiscoveredDevice, ResourceClass, Trait } from '@cyborgjs/core';
import fc from 'fast-check';
import { aDevice } from './a-discovered-device.ts';

const address = fc.integer({ min: 0, max: 3 }).map((bus) => `0000:0${bus}:00.0`);
const texts = fc.dictionary(
  fc.constantFrom('a', 'b', 'constructor', 'é'),
  fc.string({ maxLength: 4, unit: 'grapheme' }),
  // What came as a message has the usual prototype.
  { noNullPrototype: true },
);

const deployable: fc.Arbitrary<DiscoveredDeployable> = fc.record({
  name: fc.constantFrom('d1', 'd2', 'd3'),
  resourceClass: fc.constantFrom('PGPU', 'VGPU', 'CUSTOM_X') as fc.Arbitrary<ResourceClass>,
  traits: fc.uniqueArray(fc.constantFrom('CUSTOM_A', 'CUSTOM_B', 'CUSTOM_C')) as fc.Arbitrary<Trait[]>,
  handles: fc.uniqueArray(
    fc.record({ id: fc.constantFrom('h1', 'h2', 'h3'), type: fc.constantFrom('PCI', 'MDEV'), info: texts }),
    { selector: ({ id }) => id },
  ) as fc.Arbitrary<DiscoveredDeployable['handles']>,
});

const device: fc.Arbitrary<DiscoveredDevice> = fc
  .record({
    identity: fc.constantFrom('GPU-1', 'GPU-2', 'GPU-3', 'gpu-1'),
    kind: fc.constantFrom('GPU', 'FPGA') as fc.Arbitrary<DiscoveredDevice['kind']>,
    model: fc.constantFrom('H200', 'B200'),
    address,
    numaNode: fc.option(fc.integer({ min: 0, max: 1 })),
    health: fc.constantFrom(
      { state: 'ok' },
      { state: 'failed', reason: 'fan' },
      { state: 'unknown' },
    ) as fc.Arbitrary<DiscoveredDevice['health']>,
    firmware: texts,
    attributes: texts,
    deployables: fc.uniqueArray(deployable, { selector: ({ name }) => name }),
  })
  .map((facts) => aDevice(facts));

/** A complete answer of a driver: few identities and addresses, so that cards vanish, return and change places. */
export const arbitraryInventory: fc.Arbitrary<DiscoveredDevice[]> = fc.uniqueArray(device, {
  selector: ({ identity }) => identity,
  maxLength: 4,
});
