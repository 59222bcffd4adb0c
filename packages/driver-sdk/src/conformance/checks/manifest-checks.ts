import { isDeepStrictEqual } from 'node:util';
import { satisfies, validRange } from 'semver';
import { z } from 'zod';
import { verbsOf } from '../../driver.ts';
import { driverApiVersion } from '../../driver-manifest.ts';
import { portAccess } from '../../port.ts';
import { firstHandle, requestFor } from '../bench.ts';
import type { Check } from '../check.ts';

const PackageExports = z.looseObject({ exports: z.union([z.string(), z.record(z.string(), z.unknown())]) });

/** Globs that allow everything below a root, and with it everything. */
const boundless = ['/**', '/*', '/sys/**', '/proc/**', '/dev/**', '/etc/**'];

export const manifestStatic: Check = {
  id: 1,
  name: 'manifest-static',
  scope: 'package',
  holds:
    'The manifest is valid, its entry is an export, its api range holds this contract, and no permission to write is boundless.',
  why: 'Operators list, vet and refuse drivers by their manifest, before any of their code runs.',
  run: async ({ subject, manifest, expect }) => {
    const exported = PackageExports.safeParse(subject.packageJson);
    const subpaths =
      typeof exported.data?.exports === 'string' ? ['.'] : Object.keys(exported.data?.exports ?? {});
    expect(
      subpaths.includes(manifest.entry),
      () =>
        `the entry ${manifest.entry} is no export of the package; it has ${subpaths.join(', ') || 'none'}`,
    );
    expect(
      validRange(manifest.api) !== null && satisfies(driverApiVersion, manifest.api),
      () =>
        `the api range ${manifest.api} does not hold ${driverApiVersion}, the contract it is tested against`,
    );
    expect(
      manifest.match.length > 0,
      () => 'match is empty; expected the hardware that the driver is made for',
    );
    for (const glob of manifest.permissions.write)
      expect(
        !boundless.includes(glob),
        () => `permissions.write has ${glob}; expected the attributes that it writes, by name`,
      );
  },
};

export const handshakeAgrees: Check = {
  id: 2,
  name: 'handshake-agrees',
  scope: 'package',
  holds: 'The driver defines the verbs and ports that its manifest declares, no fewer and no more.',
  why: 'A verb that is declared and missing fails at the operator; one that is there and not declared is never called.',
  run: async ({ subject, manifest, expect }) => {
    const defined = verbsOf(subject.driver);
    expect(
      [...defined].sort().join() === [...manifest.verbs].sort().join(),
      () => `the driver defines ${defined.join(', ')} and its manifest declares ${manifest.verbs.join(', ')}`,
    );
    // A driver in another language tells its ports when its process starts.
    if (manifest.runtime !== undefined) return;
    const [ports, permitted] = [portAccess(subject.driver.ports), manifest.permissions.ports ?? {}];
    expect(
      isDeepStrictEqual(ports, permitted),
      () =>
        `the ports of the driver are ${JSON.stringify(ports)} and permissions.ports is ${JSON.stringify(permitted)}`,
    );
  },
};

export const permissionsSuffice: Check = {
  id: 50,
  name: 'permissions-suffice',
  scope: 'fixture',
  holds: "No verb asks for what the manifest's permissions do not name.",
  why: 'Outside of the tests the host refuses what the manifest does not name.',
  run: async (bench) => {
    const { trial, expect } = bench;
    const offered = await firstHandle(bench);
    await trial(async ({ call }) => {
      const verbs =
        offered === undefined ? [] : (['status', 'attach', 'status', 'detach', 'install'] as const);
      for (const verb of ['discover', ...verbs] as const) {
        if (verb === 'install' && bench.subject.driver.install === undefined) continue;
        const request =
          verb === 'discover' || offered === undefined ? undefined : requestFor(offered, 'direct');
        const { denials } = await call(verb, request);
        expect(denials.length === 0, () => `${verb} met denials: ${denials.slice(0, 3).join('; ')}`);
      }
    });
  },
};
