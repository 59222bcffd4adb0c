import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { driverConfigSchemaFile } from '@cyborgjs/driver-sdk';
import { z } from 'zod';

/** One thing wrong in the settings of a driver. */
export interface ConfigComplaint {
  /** Where in the settings; empty for all of them. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * What is wrong in a driver's settings by the schema that its package brings. No code of the driver is run; what
 * its own schema says beyond that is found at its start. A package without such a file has no complaint.
 */
export function checkDriverConfig(packageDirectory: string, config: unknown): ConfigComplaint[] {
  const file = join(packageDirectory, driverConfigSchemaFile);
  if (!existsSync(file)) return [];
  const schema = readSchema(file);
  if (schema === undefined) return [{ path: [], message: `${file} is no JSON Schema that can be read` }];
  const parsed = schema.safeParse(config);
  return parsed.success ? [] : parsed.error.issues.flatMap(complaintsOf);
}

function readSchema(file: string): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function complaintsOf({ path, message, ...issue }: z.core.$ZodIssue): ConfigComplaint[] {
  if (issue.code !== 'unrecognized_keys') return [{ path, message }];
  return issue.keys.map((key) => ({ path: [...path, key], message: 'the driver knows no such setting' }));
}
