import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const PublishedFiles = z.looseObject({ files: z.array(z.string()).optional() });

/** What is never published, or says nothing of what the driver does. */
const leftOut = /(^|\/)(node_modules|\.git)(\/|$)|\.(md|tgz)$|^(conformance|config\.schema)\.json$/;

/**
 * SHA-256 of the files of a package, by path below it: package.json and what its `files` names, except Markdown
 * and `conformance.json` and `config.schema.json`, which are made after a run.
 */
export function hashPackageFiles(directory: string, packageJson: unknown): Record<string, string> {
  const { files } = PublishedFiles.parse(packageJson);
  const roots = files?.map((entry) => entry.replace(/^\.?\//, '').replace(/\/(\*\*)?(\/\*)?$/, ''));
  const isPublished = (path: string): boolean =>
    path === 'package.json' ||
    roots === undefined ||
    roots.some((root) => path === root || path.startsWith(`${root}/`));
  const hashes: Record<string, string> = {};
  for (const path of filesBelow(directory).filter(isPublished))
    hashes[path] = createHash('sha256')
      .update(readFileSync(join(directory, path)))
      .digest('hex');
  return hashes;
}

function filesBelow(directory: string, below = ''): string[] {
  return readdirSync(join(directory, below), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (leftOut.test(path)) return [];
      if (entry.isDirectory()) return filesBelow(directory, path);
      return entry.isFile() ? [path] : [];
    });
}
