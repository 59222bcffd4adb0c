// The schemas of the drivers' settings are what their code says. Alone:
// node --conditions=cyborg-source tools/gate/driver-schemas.ts
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Driver } from '../../packages/driver-sdk/src/driver.ts';
import {
  driverConfigSchema,
  driverConfigSchemaFile,
} from '../../packages/driver-sdk/src/driver-config-schema.ts';
import { type Finding, reportFindings, wall } from './finding.ts';
import { repositoryRoot } from './source-tree.ts';

const packages = join(repositoryRoot, 'packages');

/** Names of the packages that are drivers. */
function driverPackages(): string[] {
  return readdirSync(packages).filter((name) => {
    const file = join(packages, name, 'package.json');
    return existsSync(file) && 'cyborgDriver' in JSON.parse(readFileSync(file, 'utf8'));
  });
}

/** The schema of a driver's settings as its package should have it. */
async function schemaOf(name: string): Promise<string> {
  const module = (await import(join(packages, name, 'src/index.ts'))) as { readonly default: Driver };
  return `${JSON.stringify(driverConfigSchema(module.default.config), undefined, 2)}\n`;
}

const isCurrent = (file: string, schema: string): boolean =>
  existsSync(file) && isDeepStrictEqual(JSON.parse(readFileSync(file, 'utf8')), JSON.parse(schema));

if (import.meta.main) {
  const findings: Finding[] = [];
  for (const name of driverPackages()) {
    const path = `packages/${name}/${driverConfigSchemaFile}`;
    const file = join(repositoryRoot, path);
    const schema = await schemaOf(name);
    if (isCurrent(file, schema)) continue;
    if (process.argv.includes('--write')) writeFileSync(file, schema);
    else findings.push(wall(path, undefined, 'is not what the code says; run npm run ok -- --write schemas'));
  }
  process.exitCode = reportFindings(findings);
}
