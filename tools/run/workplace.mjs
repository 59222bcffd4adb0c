import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Something the person at the keyboard can mend: what is wrong, and what to do about it. */
export class Failure extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

/**
 * The repository as the tasks see it.
 *
 * - `path(...parts)`: a place in it.
 * - `node`: the Node that it is developed with; there once it is installed.
 * - `env`: the environment of everything that is started: that Node first on the path.
 */
export function runtimeOf(rootUrl) {
  const root = fileURLToPath(rootUrl);
  const path = (...parts) => join(root, ...parts);
  const bin = path('node_modules', '.bin');
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  return { root, path, env, node: path('node_modules', 'node', 'bin', 'node') };
}

/** Hash of the names and contents of files, for telling whether something has to be done again. */
export function hashOf(workplace, files) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of [...files].sort()) hash.update(`\0${file}\0`).update(readFileSync(workplace.path(file)));
  return hash.digest('hex');
}

/** Whether the last `writeStamp` of this name wrote this value. */
export function hasStamp(workplace, name, value) {
  try {
    return readFileSync(stampFile(workplace, name), 'utf8') === value;
  } catch {
    return false;
  }
}

/** Remembers a value; in node_modules, so that whoever removes that starts afresh. */
export function writeStamp(workplace, name, value) {
  const file = stampFile(workplace, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, value);
}

const stampFile = (workplace, name) => workplace.path('node_modules', '.stamp', name);

/** Directories with a package.json: those of the workspace. */
export function packageDirectories(workplace) {
  return ['packages', 'examples'].flatMap((group) => {
    try {
      return readdirSync(workplace.path(group))
        .map((name) => `${group}/${name}`)
        .filter((directory) => isPackage(workplace, directory));
    } catch {
      return [];
    }
  });
}

function isPackage(workplace, directory) {
  try {
    return readFileSync(workplace.path(directory, 'package.json')).length > 0;
  } catch {
    return false;
  }
}
