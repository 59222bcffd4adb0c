import { DeviceKind } from '@cyborgjs/core';
import { z } from 'zod';
import type { PciDriverTable } from '../define-pci-driver.ts';
import type { DriverManifest } from '../driver-manifest.ts';

/** What a new driver package is made from. */
export const NewPackage = z.strictObject({
  /** Id of the driver; the package is called `cyborg-driver-` and this. */
  id: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'must be lower-case letters, digits and dashes'),
  vendor: z.string().regex(/^[0-9a-f]{4}$/, 'must be four lower-case hexadecimal digits'),
  device: z.string().regex(/^[0-9a-f]{4}$/, 'must be four lower-case hexadecimal digits'),
  kind: DeviceKind,
  /** Range of the SDK's versions. */
  sdk: z.string(),
});
export type NewPackage = z.output<typeof NewPackage>;

/** The files of a new driver package by path: a driver that works, its manifest, its tests and its CI. */
export function packageTemplate(made: NewPackage): Readonly<Record<string, string>> {
  return {
    'package.json': `${JSON.stringify(packageJson(made), undefined, 2)}\n`,
    'src/index.js': driverSource(made),
    'test/driver.test.js': testSource(made),
    '.github/workflows/conformance.yml': workflow,
    '.gitignore': 'node_modules/\n*.tgz\njunit.xml\n',
    'README.md': readme(made),
  };
}

/** The table of the driver that a new package begins with. */
export const templateTable = (made: NewPackage): PciDriverTable => ({
  match: { vendor: made.vendor, device: made.device },
  kind: made.kind,
  resourceClass: resourceClass(made),
  traits: ['OWNER_CYBORG'],
  model: made.id,
});

/** What a driver of one PCI table touches. */
export const templatePermissions: DriverManifest['permissions'] = {
  read: ['/sys/bus', '/sys/bus/pci/**', '/sys/devices/**', '/sys/kernel/iommu_groups/**', '/dev/vfio'],
  write: [
    '/sys/devices/**/driver_override',
    '/sys/bus/pci/drivers/*/bind',
    '/sys/bus/pci/drivers/*/unbind',
    '/sys/bus/pci/drivers_probe',
  ],
  tools: [],
};

const resourceClass = ({ id }: NewPackage): string => `CUSTOM_${id.toUpperCase().replaceAll('-', '_')}`;

function packageJson({ id, vendor, device, sdk }: NewPackage) {
  return {
    name: `cyborg-driver-${id}`,
    version: '0.1.0',
    description: `Cyborg driver for ${id}.`,
    keywords: ['cyborg-driver'],
    license: 'Apache-2.0',
    type: 'module',
    engines: { node: '>=22.18' },
    exports: { '.': './src/index.js', './package.json': './package.json' },
    files: ['src', 'fixtures', 'config.schema.json', 'conformance.json'],
    cyborgDriver: {
      id,
      api: '^1.0',
      entry: '.',
      verbs: ['discover', 'status', 'attach', 'detach', 'watch'],
      match: [{ pci: `${vendor}:${device}` }],
      permissions: templatePermissions,
    },
    scripts: {
      test: 'node --test && npm run replay && cyborg-driver test --json conformance.json --junit junit.xml',
      replay: 'cyborg-driver test --level replay',
      dev: 'cyborg-driver dev',
      doc: 'cyborg-driver doc',
      pack: 'cyborg-driver pack',
    },
    dependencies: { '@cyborgjs/driver-sdk': sdk },
  };
}

const driverSource = (made: NewPackage): string => `// @ts-check
import { definePciDriver } from '@cyborgjs/driver-sdk';

/**
 * Finds the cards by their PCI ids and gives them out by VFIO: each as its virtual functions where it has some,
 * else as itself. A driver that does more is written with defineDriver; the README of the SDK shows how.
 */
export default definePciDriver({
  match: { vendor: '${made.vendor}', device: '${made.device}' },
  kind: '${made.kind}',
  resourceClass: '${resourceClass(made)}',
  traits: ['OWNER_CYBORG'],
  model: '${made.id}',
});
`;

const testSource = ({ id, vendor, device }: NewPackage): string => `// @ts-check
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createContext } from '@cyborgjs/driver-sdk/conformance';
import { buildMachine, plainCard } from '@cyborgjs/driver-sdk/simulator';
import driver from '../src/index.js';

test('finds the card and says what it is', async (t) => {
  const root = mkdtempSync(join(tmpdir(), '${id}-'));
  t.after(() => rmSync(root, { recursive: true }));
  const card = plainCard({ address: '0000:05:00.0', vendor: '${vendor}', device: '${device}', class: '120000' });
  const { machine } = buildMachine({ root, cards: [card] });

  const devices = await driver.discover(createContext({ config: {}, sys: machine }));

  assert.deepEqual(
    devices.map(({ model, address, health }) => ({ model, address, health: health.state })),
    [{ model: '${id}', address: '0000:05:00.0', health: 'ok' }],
  );
});
`;

const workflow = `name: conformance
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - run: npm install --ignore-scripts
      - run: npm test
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: conformance
          path: |
            conformance.json
            junit.xml
`;

const readme = ({ id }: NewPackage): string => `# cyborg-driver-${id}

A driver for Cyborg, the accelerator service.

- \`npm run dev\` runs the driver on a simulated machine while you change it.
- \`npm test\` runs the tests, and the conformance kit on the recordings in \`fixtures/\` and on simulated cards, and
  writes \`conformance.json\`.
- \`npx cyborg-driver record --name lab\`, on a machine that has the hardware and as root, makes a fixture of what
  the driver reads there, without serial numbers. \`npm run replay\` then tries the driver on it anywhere. The one
  that is there to begin with is of a simulated card: replace it.
- \`npm run doc\` writes the tables below.
- \`npm run pack\` makes the package, once all of that is up to date, with the JSON Schema of its settings.

On a host that runs Cyborg, an operator installs it, from npm or from the tarball:

\`\`\`sh
cyborgd driver add ./cyborg-driver-${id}-0.1.0.tgz
\`\`\`
`;
