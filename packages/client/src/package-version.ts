import { createRequire } from 'node:module';
import { z } from 'zod';

const PackageFile = z.object({ version: z.string() });

/** The version of this package. */
export function packageVersion(): string {
  const packageFile: unknown = createRequire(import.meta.url)('@cyborgjs/client/package.json');
  return PackageFile.parse(packageFile).version;
}
