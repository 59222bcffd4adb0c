import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../machine/driver-error-from-errno.ts';
import { CdiSpec } from './cdi-spec.ts';

/** Where container runtimes look for specifications that do not outlive a boot. */
export const cdiDirectory = '/var/run/cdi';

/**
 * Writes a specification where container runtimes find it, and returns its path. They read the directory at any
 * moment: the file comes to its name only when it is whole. One that says the same already is not touched.
 *
 * @param id in the name of the file, one for each attachment: letters, digits, `.`, `_`, `:` and `-`
 * @throws `ZodError` for what is no specification; the system's error when it cannot be written
 */
export async function writeCdiSpec(directory: string, id: string, spec: CdiSpec): Promise<string> {
  const path = cdiSpecPath(directory, id);
  const text = `${JSON.stringify(CdiSpec.parse(spec), undefined, 2)}\n`;
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return path;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  // Runtimes read `.json` and `.yaml` only.
  const draft = `${path}.${randomUUID()}.draft`;
  try {
    const file = await open(draft, 'wx', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return path;
}

/** Removes the specification of an attachment; one that is not there is done. */
export async function removeCdiSpec(directory: string, id: string): Promise<void> {
  try {
    await rm(cdiSpecPath(directory, id));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function cdiSpecPath(directory: string, id: string): string {
  if (!/^[\w.:-]{1,200}$/.test(id))
    throw new RangeError(`${JSON.stringify(id)} cannot be part of a file's name`);
  return join(directory, `cyborg-${id}.json`);
}
