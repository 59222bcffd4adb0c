import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { TlsOptions } from '../http/connections.ts';
import { badCloud } from './bad-cloud.ts';
import { type CloudFileSearch, type Environment, readFirstFile, searchCloudFiles } from './cloud-files.ts';
import { type CloudChoice, type ResolvedCloud, resolveCloud, type TlsFiles } from './resolve-cloud.ts';

/** Which cloud to load, and from where. */
export interface LoadCloudOptions extends CloudChoice {
  /** Default: the environment of the process. */
  readonly env?: Environment;
  /** Default: the working directory of the process. */
  readonly cwd?: string;
  /** Where files are looked for, in place of where openstacksdk looks. */
  readonly files?: Partial<CloudFileSearch>;
}

/** A cloud, with the contents of its TLS files. */
export interface CloudConfig extends ResolvedCloud {
  readonly tls: TlsOptions;
}

/**
 * Finds a cloud in `clouds.yaml`, `secure.yaml` and the `OS_` variables, as openstacksdk does.
 *
 * @throws OpenStackError `session.bad_cloud` when there is no such cloud, or a file cannot be used
 * @example
 * const cloud = await loadCloud({ cloud: 'lab' });
 * const session = sessionFromCloud(cloud);
 */
export async function loadCloud(options: LoadCloudOptions = {}): Promise<CloudConfig> {
  const { env = process.env, cwd = process.cwd() } = options;
  const home = env.HOME || homedir();
  const search = { ...searchCloudFiles({ env, cwd, home }), ...options.files };
  const named = (path: string | undefined) => (path ? [path] : []);
  const [clouds, secure, vendors] = await Promise.all([
    readFirstFile([...named(env.OS_CLIENT_CONFIG_FILE), ...search.clouds]),
    readFirstFile([...named(env.OS_CLIENT_SECURE_FILE), ...search.secure]),
    readFirstFile(search.vendors),
  ]);
  const cloud = resolveCloud({ clouds, secure, vendors, env }, options);
  return { ...cloud, tls: await readTls(cloud, home) };
}

async function readTls({ tlsFiles, place }: ResolvedCloud, home: string): Promise<TlsOptions> {
  const read = async (key: Exclude<keyof TlsFiles, 'verify'>) => {
    const path = tlsFiles[key];
    if (path === undefined) return undefined;
    try {
      return await readFile(path.replace(/^~(?=\/|$)/, home), 'utf8');
    } catch (cause) {
      throw badCloud(
        `${key} of ${place} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
        cause,
      );
    }
  };
  const { verify } = tlsFiles;
  const [ca, cert, key] = await Promise.all([
    verify ? read('cacert') : undefined,
    read('cert'),
    tlsFiles.cert && read('key'),
  ]);
  return {
    rejectUnauthorized: verify,
    ...(ca !== undefined && { ca }),
    // The key may lie in the file of the certificate.
    ...(cert !== undefined && { cert, key: key ?? cert }),
  };
}
