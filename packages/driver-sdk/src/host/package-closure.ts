import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const names = z.record(z.string(), z.unknown()).default({});

const Dependencies = z.object({
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
});

const known = new Map<string, readonly string[]>();

/**
 * Paths of the directories of a package and of everything that it depends on, as `import` finds them: the real ones,
 * and the links that lead there. What is not installed is left out.
 *
 * @param directory real path of the package's own directory
 */
export function packageClosure(directory: string): readonly string[] {
  const before = known.get(directory);
  if (before !== undefined) return before;
  const visited = new Set<string>();
  const links = new Set<string>();
  const waiting = [directory];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (visited.has(next)) continue;
    visited.add(next);
    for (const name of dependenciesOf(next)) {
      const link = findPackage(name, next);
      if (link === undefined) continue;
      // `import` reads its package.json by the path that it finds, the rest by the real one.
      links.add(link);
      waiting.push(realpathSync(link));
    }
  }
  const result = [...new Set([...visited, ...links])];
  known.set(directory, result);
  return result;
}

/** The directory of the nearest package.json at or above a file. */
export function packageOf(file: string): string {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    if (readOrAbsent(join(directory, 'package.json')) !== undefined) return realpathSync(directory);
    if (directory === dirname(directory)) return dirname(file);
  }
}

function dependenciesOf(directory: string): string[] {
  const text = readOrAbsent(join(directory, 'package.json'));
  const parsed = Dependencies.safeParse(text === undefined ? {} : JSON.parse(text));
  return parsed.success ? Object.values(parsed.data).flatMap((group) => Object.keys(group)) : [];
}

function findPackage(name: string, from: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const link = join(directory, 'node_modules', name);
    if (existsSync(link)) return link;
    if (directory === dirname(directory)) return undefined;
  }
}

function readOrAbsent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
