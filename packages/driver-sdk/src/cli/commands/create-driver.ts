import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import sdkPackage from '../../../package.json' with { type: 'json' };
import { DriverError } from '../../driver-error.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { recordFirstFixture } from '../first-fixture.ts';
import { recordingEnding } from '../package-fixtures.ts';
import { NewPackage, packageTemplate, templatePermissions, templateTable } from '../package-template.ts';
import type { Terminal } from '../terminal.ts';

export interface CreateFlags {
  /** `vendor:device`. */
  readonly pci: string;
  readonly kind: string;
}

/** Makes a driver package in a new directory of that name. */
export async function createDriver(name: string, flags: CreateFlags, terminal: Terminal): Promise<ExitCode> {
  const [vendor = '', device = ''] = flags.pci.toLowerCase().split(':');
  const made = NewPackage.safeParse({
    id: name,
    vendor,
    device,
    kind: flags.kind,
    sdk: `^${sdkPackage.version}`,
  });
  if (!made.success) {
    const complaints = made.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new DriverError(
      'invalid',
      `cannot make a driver "${name}" for ${flags.pci}: ${complaints.join('; ')}`,
    );
  }
  const directory = resolve(name);
  if (existsSync(directory) && readdirSync(directory).length > 0)
    throw new DriverError('invalid', `${directory} is there already, and is not empty`);
  const fixture = await recordFirstFixture({
    table: templateTable(made.data),
    permissions: templatePermissions,
    card: made.data,
    provenance: {
      recordedBy: 'cyborg-driver create',
      machine: 'simulated',
      driver: `cyborg-driver-${name} 0.1.0`,
    },
  });
  const files = {
    ...packageTemplate(made.data),
    [`fixtures/simulated${recordingEnding}`]: `${JSON.stringify(fixture, undefined, 2)}\n`,
  };
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), contents);
  }
  terminal.print(
    `Made ${directory}. Next:\n  cd ${name} && npm install && npm test\n  npm run dev   # the driver on a simulated machine, while you change it`,
  );
  return exitCode.ok;
}
