import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { badCloud } from './bad-cloud.ts';
import type { CloudValues } from './cloud-values.ts';

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One file of settings. */
export interface CloudFile {
  readonly path: string;
  readonly content: CloudValues;
}

/** Where files are looked for, each list in its order; the first file that is there is the only one read. */
export interface CloudFileSearch {
  /** `clouds.yaml`: which clouds there are. */
  readonly clouds: readonly string[];
  /** `secure.yaml`: passwords, laid over `clouds.yaml`. */
  readonly secure: readonly string[];
  /** `clouds-public.yaml`: profiles of vendors. */
  readonly vendors: readonly string[];
}

/** The places that a search starts from. */
export interface SearchPlaces {
  readonly env: Environment;
  /** The working directory. */
  readonly cwd: string;
  /** The user's home directory. */
  readonly home: string;
}

/**
 * Where openstacksdk looks: the working directory, the user's configuration (`XDG_CONFIG_HOME`, `~/.config`), that
 * of the site (`XDG_CONFIG_DIRS`, `/etc/xdg`) and `/etc/openstack`; in each for `.yaml`, `.yml` and `.json`.
 */
export function searchCloudFiles({ env, cwd, home }: SearchPlaces): CloudFileSearch {
  const own = join(env.SNAP_REAL_HOME || home, '.config');
  const site = (env.XDG_CONFIG_DIRS || '/etc/xdg').split(':');
  const configuration = [env.XDG_CONFIG_HOME || join(home, '.config'), own, ...site, '/etc'];
  const directories = [cwd, ...configuration.map((directory) => join(directory, 'openstack'))];
  const everywhere = (name: string) =>
    directories.flatMap((directory) =>
      ['yaml', 'yml', 'json'].map((end) => join(directory, `${name}.${end}`)),
    );
  return {
    clouds: everywhere('clouds'),
    secure: everywhere('secure'),
    vendors: everywhere('clouds-public'),
  };
}

/**
 * Reads the first file of a list that is there and may be read; undefined when there is none.
 *
 * @throws OpenStackError `session.bad_cloud` when it cannot be understood
 */
export async function readFirstFile(paths: readonly string[]): Promise<CloudFile | undefined> {
  for (const path of paths) {
    const text = await readIfThere(path);
    if (text !== undefined) return { path, content: await parseFile(path, text) };
  }
  return undefined;
}

const passedOver = new Set(['ENOENT', 'ENOTDIR', 'EACCES']);

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && passedOver.has(String(cause.code))) return undefined;
    throw badCloud(`${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}

const Settings = z.record(z.string(), z.unknown());
const Named = z.record(
  z.string(),
  Settings.nullable().transform((settings) => settings ?? {}),
);
const FileContent = z.looseObject({ clouds: Named.nullish(), 'public-clouds': Named.nullish() }).nullish();

async function parseFile(path: string, text: string): Promise<CloudValues> {
  const parsed = FileContent.safeParse(await readText(path, text));
  if (parsed.success) return parsed.data ?? {};
  throw badCloud(`${path} is not as a file of clouds is: ${z.prettifyError(parsed.error)}`);
}

async function readText(path: string, text: string): Promise<unknown> {
  try {
    if (path.endsWith('json')) return JSON.parse(text);
    // Only who has such a file needs to load what reads it.
    const { readYaml } = await import('./read-yaml.ts');
    return readYaml(text);
  } catch (cause) {
    throw badCloud(`${path} cannot be understood: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}
