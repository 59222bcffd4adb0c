import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSession, keystonePassword, type Session } from '../src/index.ts';
import { findRealKeystone, type RunningKeystone, startRealKeystone } from '../src/testing/index.ts';
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts';

const found = await findRealKeystone();
const packageRoot = join(import.meta.dirname, '..');
const page = readFileSync(join(packageRoot, 'README.md'), 'utf8');
const examples = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);

/** What each example is about, in the order of the page, and what it prints in a cloud of one Keystone. */
const stories: readonly { readonly about: string; readonly prints: RegExp }[] = [
  { about: 'a cloud of the environment', prints: /^\{ servers: \[\] \}\n$/ },
  { about: 'a user with a password', prints: /^http:\/\/127\.0\.0\.1:\d+ \[ .*'admin'.* \]\n$/ },
  { about: "a user's token with a service's beside it", prints: /^200\n$/ },
  { about: 'a cloud of clouds.yaml', prints: /clouds\.yaml.* password 1\.30\n$/ },
  { about: 'own steps and hooks', prints: /^placement 200 \d+(\.\d+)?\n$/ },
  { about: 'a Keystone for tests', prints: /^\{\s*'x-auth-token':\s*'gAAAA/ },
];

it('every example of the README is run', () => {
  expect(examples).toHaveLength(stories.length);
});

describe.skipIf(found === undefined)('README (skipped where no Keystone is installed)', () => {
  let keystone: RunningKeystone;
  let service: ScriptedServer;
  let admin: Session;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'session-readme-'));
    keystone = await startRealKeystone(found);
    service = await startScriptedServer(() => ({ status: 200, body: { servers: [] } }));
    for (const type of ['compute', 'placement']) await keystone.addToCatalog({ type, url: service.url });
    const auth = keystonePassword({ ...adminAccount(), authUrl: keystone.url });
    admin = createSession({ auth, endpointOverrides: { identity: `${keystone.url}/v3` } });
    await createServiceUser();
    await writeFile(join(directory, 'clouds.yaml'), cloudsFile());
  }, 600_000);

  afterAll(async () => {
    await admin?.close();
    await service?.close();
    await keystone?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const adminAccount = () => ({
    username: 'admin',
    password: keystone.adminPassword,
    projectName: 'admin',
  });

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await admin.request({
      service: 'identity',
      method,
      path,
      ...(body !== undefined && { body }),
    });
    return Object.values((answer.body ?? {}) as Record<string, unknown>)[0] as T;
  }

  /** The user `cyborg` with the password `secret`, administrator of the project `service`. */
  async function createServiceUser(): Promise<void> {
    const project = await call<{ id: string }>('POST', '/projects', { project: { name: 'service' } });
    const user = await call<{ id: string }>('POST', '/users', {
      user: { name: 'cyborg', password: 'secret' },
    });
    const { body } = await admin.request({
      service: 'identity',
      method: 'GET',
      path: '/roles',
      query: { name: 'admin' },
    });
    const [role] = (body as { roles: { id: string }[] }).roles;
    await call('PUT', `/projects/${project.id}/users/${user.id}/roles/${role?.id}`);
  }

  const cloudsFile = () => `clouds:
  lab:
    auth: { auth_url: '${keystone.url}/v3', username: cyborg, password: secret, project_name: service }
    placement_default_microversion: '1.30'
`;

  /** What one finds set on an operator's machine. */
  async function environment(): Promise<Record<string, string>> {
    const headers = await keystonePassword({ ...adminAccount(), authUrl: keystone.url }).headers(
      AbortSignal.timeout(30_000),
    );
    return {
      PATH: process.env.PATH ?? '',
      HOME: directory,
      OS_CLIENT_CONFIG_FILE: join(directory, 'clouds.yaml'),
      OS_AUTH_URL: `${keystone.url}/v3`,
      OS_USERNAME: 'admin',
      OS_PASSWORD: keystone.adminPassword,
      OS_PROJECT_NAME: 'admin',
      OS_USER_DOMAIN_ID: 'default',
      OS_PROJECT_DOMAIN_ID: 'default',
      OS_TOKEN: headers['x-auth-token'] ?? '',
    };
  }

  it.each(stories.map((story, index) => ({ ...story, index })))(
    'has an example of $about that does what it says',
    { timeout: 120_000 },
    async ({ index, prints }) => {
      const code = (examples[index] ?? '')
        .replaceAll('http://controller:5000', keystone.url)
        .replaceAll('http://127.0.0.1:8778', service.url)
        // On a loaded machine every answer is slow.
        .replaceAll('> 1000)', '> 60_000)');
      // Inside the package, where its dependencies are found.
      const file = join(packageRoot, `readme-example-${process.pid}-${index}.ts`);
      await writeFile(file, code);
      const before = service.seen.length;
      try {
        const { stdout, stderr } = await promisify(execFile)(
          process.execPath,
          ['--conditions=cyborg-source', file],
          { env: await environment(), cwd: directory },
        );
        expect(stdout).toMatch(prints);
        expect(stderr).toBe('');
      } finally {
        await rm(file);
      }
      if (index !== 2) return;
      const { 'x-auth-token': own, 'x-service-token': other } = service.seen[before]?.headers ?? {};
      expect([own, other]).toEqual([expect.stringMatching(/^gAAAA/), expect.stringMatching(/^gAAAA/)]);
      expect(own).not.toBe(other);
    },
  );
});
