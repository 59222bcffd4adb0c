import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly publishConfig?: { readonly exports?: unknown };
}

/** A registry on this machine: npm can do everything with it that an operator's mirror would let it. */
export interface NpmRegistry {
  /** What npm needs to know, for the environment of a process. */
  readonly env: Readonly<Record<string, string>>;
  /** Publishes a tarball. */
  publish(tarball: string): Promise<void>;
  close(): Promise<void>;
}

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

/** Builds the SDK as it is published and serves it, with all that it depends on; everything else is unknown. */
export async function startNpmRegistry(directory: string): Promise<NpmRegistry> {
  mkdirSync(directory, { recursive: true });
  const names = ['core', 'driver-sdk'];
  const ours = await Promise.all(names.map((name) => buildPackage(name, directory)));
  const foreign = dependenciesOf(names.map((name) => join(repository, 'packages', name)));
  const packages = new Map<string, Map<string, { manifest: Manifest; tarball: string }>>();
  const put = (manifest: Manifest, tarball: string): void => {
    const versions = packages.get(manifest.name) ?? new Map();
    packages.set(manifest.name, versions.set(manifest.version, { manifest, tarball }));
  };
  for (const source of [...ours, ...foreign]) put(manifestOf(source), await makeTarball(source, directory));

  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    const [name = '', file] = path.split('/-/');
    const versions = packages.get(name);
    if (versions === undefined) return void response.writeHead(404).end('{}');
    if (file !== undefined) {
      const found = [...versions.values()].find(({ tarball }) => tarball.endsWith(`/${file}`));
      return void (found === undefined
        ? response.writeHead(404).end()
        : response.end(readFileSync(found.tarball)));
    }
    response.end(JSON.stringify(packument(name, versions, urlOf(server))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    env: { npm_config_registry: urlOf(server), npm_config_cache: join(directory, 'cache') },
    async publish(tarball) {
      const { stdout: text } = await run('tar', ['xzOf', tarball, 'package/package.json']);
      put(JSON.parse(text), tarball);
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A package of ours as it would be published, in a directory of its own. */
async function buildPackage(name: string, above: string): Promise<string> {
  const source = join(repository, 'packages', name);
  const directory = join(above, name);
  const tsup = join(repository, 'node_modules/tsup/dist/cli-default.js');
  await run(process.execPath, [tsup, '--silent', '--out-dir', join(directory, 'dist')], {
    cwd: source,
    env: { ...process.env, CYBORG_BUILD_FAST: '1' },
  });
  const { publishConfig, ...manifest } = manifestOf(source);
  const dependencies = Object.fromEntries(
    Object.keys(manifest.dependencies ?? {}).map((one) => [
      one,
      `^${manifestOf(resolvePackage(source, one)).version}`,
    ]),
  );
  const published = { ...manifest, ...publishConfig, dependencies, scripts: {} };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(published));
  cpSync(join(source, 'README.md'), join(directory, 'README.md'));
  return directory;
}

/** The tarball of a directory, as npm has them: all in one folder `package`. */
async function makeTarball(source: string, above: string): Promise<string> {
  const { name, version } = manifestOf(source);
  const stage = join(above, 'stage', name, version);
  cpSync(source, join(stage, 'package'), {
    recursive: true,
    filter: (path) => !path.endsWith('/node_modules'),
  });
  const tarball = join(above, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  await run('tar', ['czf', tarball, '-C', stage, 'package']);
  return tarball;
}

/** Directories of all packages that others depend on, ours left out. */
function dependenciesOf(roots: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (directory: string): void => {
    for (const name of Object.keys(manifestOf(directory).dependencies ?? {})) {
      const place = resolvePackage(directory, name);
      if (name.startsWith('@cyborgjs/') || found.has(place)) continue;
      found.add(place);
      visit(place);
    }
  };
  for (const root of roots) visit(root);
  return [...found];
}

function resolvePackage(from: string, name: string): string {
  for (let directory = realpathSync(from); ; directory = dirname(directory)) {
    const place = join(directory, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return realpathSync(place);
    if (directory === dirname(directory)) throw new Error(`${name} is not installed above ${from}`);
  }
}

const manifestOf = (directory: string): Manifest =>
  JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));

function packument(
  name: string,
  versions: ReadonlyMap<string, { readonly manifest: Manifest; readonly tarball: string }>,
  url: string,
) {
  const published = [...versions].map(([version, { manifest, tarball }]) => {
    const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
    const dist = { tarball: `${url}${name}/-/${tarball.split('/').at(-1)}`, integrity };
    return [version, { ...manifest, dist }];
  });
  return { name, 'dist-tags': { latest: published.at(-1)?.[0] }, versions: Object.fromEntries(published) };
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the registry does not listen');
  return `http://127.0.0.1:${address.port}/`;
}
