import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CloudCase, cloudCases } from '../../test/cloud-cases.ts';
import { isOpenStackError } from '../errors/openstack-error.ts';
import { cloudService } from './cloud-service.ts';
import { type CloudConfig, loadCloud } from './load-cloud.ts';
import { authFromCloud } from './session-from-cloud.ts';

const run = promisify(execFile);
const python = '/usr/bin/python3';
const services = ['placement', 'compute', 'block-storage', 'image', 'identity'];

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cyborg-clouds-'));
  for (const [index, { files = {} }] of cloudCases.entries()) {
    const { cwd, home } = placesOf(index);
    await Promise.all([mkdir(cwd, { recursive: true }), mkdir(home, { recursive: true })]);
    for (const [name, text] of Object.entries(files)) {
      const path = join(root, String(index), name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

function placesOf(index: number) {
  const at = join(root, String(index));
  return { cwd: join(at, 'cwd'), home: join(at, 'home') };
}

function environmentOf({ env = {} }: CloudCase, home: string): Record<string, string> {
  const entries = Object.entries(env).map(([name, value]) => [name, value.replace('{home}', home)]);
  return { ...Object.fromEntries(entries), HOME: home };
}

/** Loads a cloud and makes its provider, which is when openstacksdk complains of what is missing. */
async function load(index: number): Promise<CloudConfig> {
  const one = cloudCases[index] as CloudCase;
  const { cwd, home } = placesOf(index);
  const { cloud, region, overrides } = one;
  const loaded = await loadCloud({ cwd, env: environmentOf(one, home), cloud, region, overrides });
  await authFromCloud(loaded).close?.();
  return loaded;
}

describe('clouds.yaml', () => {
  it.each(cloudCases.map((one, index) => [one.title, one, index] as const))('%s', async (_, one, index) => {
    if (typeof one.expected === 'string') {
      await expect(load(index)).rejects.toMatchObject({
        code: 'session.bad_cloud',
        kind: 'invalid',
        message: expect.stringContaining(one.expected),
      });
      return;
    }
    const cloud = await load(index);
    expect(cloud).toMatchObject(one.expected);
    if (one.placement) expect(cloudService(cloud, 'placement')).toMatchObject(one.placement);
  });

  it('refuses two microversions for one service', async () => {
    const cloud = await load(cloudCases.findIndex(({ title }) => title === 'two microversions'));
    expect(() => cloudService(cloud, 'placement')).toThrow(
      /api_version 1.36 and the default_microversion 1.35/,
    );
  });

  it.each([
    ['no YAML', 'clouds: {', 'cannot be understood'],
    ['no clouds', 'clouds: [lab]', 'is not as a file of clouds is'],
  ])('names the file that has %s', async (_, text, message) => {
    const path = join(root, 'broken.yaml');
    await writeFile(path, text);
    const attempt = loadCloud({ cwd: root, env: { HOME: root, OS_CLIENT_CONFIG_FILE: path } });
    await expect(attempt).rejects.toMatchObject({
      code: 'session.bad_cloud',
      message: expect.stringMatching(new RegExp(`broken.yaml.*${message}`)),
    });
  });
});

const isMissing = await run(python, ['-c', 'import openstack.config'], { env: {} }).then(
  () => false,
  (cause) => {
    if (process.env.CYBORG_REQUIRE_BACKENDS !== '1') return true;
    throw new Error('CYBORG_REQUIRE_BACKENDS is 1, but there is no python3-openstacksdk', { cause });
  },
);

interface SdkService extends Record<string, unknown> {
  readonly interface: string | string[];
}

describe.skipIf(isMissing)(
  'clouds.yaml as openstacksdk resolves it (skipped without python3-openstacksdk)',
  () => {
    let results: readonly Record<string, unknown>[];
    beforeAll(async () => {
      const cases = cloudCases.map((one, index) => {
        const { cwd, home } = placesOf(index);
        const { cloud, region, overrides } = one;
        return { cwd, home, env: environmentOf(one, home), cloud, region, overrides, services };
      });
      const script = join(import.meta.dirname, '../../test/openstacksdk-clouds.py');
      const child = run(python, [script], { env: {}, maxBuffer: 10_000_000 });
      child.child.stdin?.end(JSON.stringify(cases));
      results = JSON.parse((await child).stdout);
    });

    const compared = cloudCases.map((one, index) => [one, index] as const).filter(([one]) => !one.differs);
    it.each(compared.map(([one, index]) => [one.title, index] as const))('%s', async (_, index) => {
      const ours = await load(index)
        .then((cloud) => comparable(cloud, placesOf(index).home))
        .catch(refusalOf);
      const theirs = results[index] ?? {};
      expect(ours, JSON.stringify(theirs)).toEqual('error' in theirs ? 'error' : normalised(theirs));
    });
  },
);

function refusalOf(error: unknown): 'error' {
  if (isOpenStackError(error)) return 'error';
  throw error;
}

function comparable(cloud: CloudConfig, home: string) {
  const { verify, cacert, cert, key } = cloud.tlsFiles;
  const at = (path: string | undefined) => path?.replace('~', home);
  const { name, region, authType, auth, attemptTimeoutMs } = cloud;
  return {
    name,
    region,
    authType,
    auth,
    verify: verify ? (at(cacert) ?? true) : false,
    cert: cert && key ? [at(cert), at(key)] : at(cert),
    timeout: attemptTimeoutMs && attemptTimeoutMs / 1000,
    services: Object.fromEntries(services.map((type) => [type, { ...cloudService(cloud, type) }])),
  };
}

/** What openstacksdk says, in our words for nothing and for interfaces. */
function normalised(theirs: Record<string, unknown>) {
  const some = <T>(value: T) => (value === null || value === '' ? undefined : value);
  const entries = Object.entries(theirs.services as Record<string, SdkService>).map(([type, service]) => [
    type,
    {
      ...Object.fromEntries(Object.entries(service).map(([key, value]) => [key, some(value)])),
      interface: [service.interface].flat().map((item) => item.replace(/URL$/, '')),
    },
  ]);
  return {
    ...Object.fromEntries(Object.entries(theirs).map(([key, value]) => [key, some(value)])),
    timeout: theirs.timeout === null ? undefined : Number(theirs.timeout),
    services: Object.fromEntries(entries),
  };
}
