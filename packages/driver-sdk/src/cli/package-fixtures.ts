import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConformanceFixture } from '../conformance/conformance-subject.ts';
import { manifestFixtures } from '../conformance/manifest-fixtures.ts';
import { DriverError } from '../driver-error.ts';
import { Recording } from '../recording/recording.ts';
import { type OpenPackage, readJsonFile } from './open-package.ts';

/** How the file of a recording ends; what is before it is its name. */
export const recordingEnding = '.recording.json';

/**
 * The machines to try a driver on at level sim: those that the package brings as `fixtures` exported by
 * `fixtures/index.js` (or `.ts`), else simulated ones with the hardware that its manifest names.
 */
export async function simulatedFixtures({
  directory,
  manifest,
  config,
}: Pick<OpenPackage, 'directory' | 'manifest'> & {
  readonly config: Pick<OpenPackage['config'], 'written'>;
}): Promise<readonly ConformanceFixture[]> {
  const own = ['index.js', 'index.ts'].map((name) => join(directory, 'fixtures', name)).find(existsSync);
  if (own !== undefined) {
    const module: { readonly fixtures?: unknown } = await import(pathToFileURL(own).href);
    if (Array.isArray(module.fixtures) && module.fixtures.length > 0) return module.fixtures;
    throw new DriverError('invalid', `${own} does not export "fixtures", a list of machines`);
  }
  const fixtures = manifestFixtures(manifest, config.written);
  if (fixtures.length > 0) return fixtures;
  throw new DriverError(
    'invalid',
    `no PCI ids under cyborgDriver.match, so there is no machine to try it on`,
    {
      hint: 'Bring machines of your own: export "fixtures" from fixtures/index.js.',
    },
  );
}

/** The recordings in a package's `fixtures` directory, by name. */
export function packageRecordings({ directory }: OpenPackage): Record<string, Recording> {
  const place = join(directory, 'fixtures');
  const files = existsSync(place) ? readdirSync(place).filter((name) => name.endsWith(recordingEnding)) : [];
  if (files.length === 0)
    throw new DriverError('invalid', `there is no recording in ${place}`, {
      hint: 'Make one on a machine that has the hardware: cyborg-driver record.',
    });
  return Object.fromEntries(
    files.sort().map((name) => [name.slice(0, -recordingEnding.length), readRecording(join(place, name))]),
  );
}

function readRecording(file: string): Recording {
  const parsed = Recording.safeParse(readJsonFile(file));
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map(({ path, message }) => `${path.join('.') || '.'}: ${message}`);
  throw new DriverError('invalid', `${file} is no recording: ${places.slice(0, 3).join('; ')}`);
}
