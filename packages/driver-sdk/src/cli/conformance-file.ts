import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConformanceRecord } from '../conformance/report/conformance-record.ts';
import { DriverError } from '../driver-error.ts';
import { readJsonFile } from './open-package.ts';

/** The `conformance.json` of a package; undefined when there is none, `invalid` when it is another thing. */
export function readConformanceFile(directory: string): ConformanceRecord | undefined {
  const file = join(directory, 'conformance.json');
  if (!existsSync(file)) return undefined;
  const parsed = ConformanceRecord.safeParse(readJsonFile(file));
  if (parsed.success) return parsed.data;
  throw new DriverError('invalid', `${file} was not written by this version of the kit`, {
    hint: 'Write it again: cyborg-driver test --json conformance.json.',
  });
}
