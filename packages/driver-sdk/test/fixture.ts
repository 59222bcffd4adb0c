import { join } from 'node:path';
import { type DriverPackage, resolveDriverPackage } from '../src/host/index.ts';
import type { AttachRequest } from '../src/index.ts';

/** Directory of a fixture driver's package. */
export const fixtureDirectory = (name: string): string => join(import.meta.dirname, 'drivers', name);

/** A fixture driver's package; under another driver id where tests could meddle with each other's processes. */
export function fixturePackage(name: string, id: string = name): DriverPackage {
  const found = resolveDriverPackage({ directory: fixtureDirectory(name) });
  return { ...found, manifest: { ...found.manifest, id } };
}

/** A request to attach the handle of a numbered card. */
export const attachRequest = (number = 0): AttachRequest => ({
  device: { identity: `card-${number}`, address: `slot-${number}` },
  handle: { id: `handle-${number}`, type: 'TEST_PCI' },
  consumer: { type: 'host', id: 'tester', via: 'direct' },
  options: {},
});
