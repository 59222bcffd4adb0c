import { createSession, isOpenStackError, keystonePassword, type Session } from '@cyborgjs/openstack-session';
import {
  findRealKeystone,
  type RunningKeystone,
  startRealKeystone,
} from '@cyborgjs/openstack-session/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeystoneAuthenticator } from '../src/api/keystone-authenticator.ts';
import { type Answer, aDevice, putDevice, startTestApi, type TestApi } from '../src/api/test-api.ts';

const found = await findRealKeystone();
const name = `personas of Keystone${found === undefined ? ' (skipped: python3-keystone is not installed)' : ''}`;
const nobody = '00000000-0000-0000-0000-000000000001';
const slow = { timeout: 120_000 };
/** A revoked token works on for that long. */
const cacheTtlMs = 60_000;

const people = {
  admin: ['p1', ['admin']],
  manager: ['p1', ['manager']],
  member: ['p1', ['member']],
  reader: ['p1', ['reader']],
  service: ['p1', ['service']],
  other: ['p2', ['member']],
  nova: ['p1', ['admin', 'service']],
} as const;
type Person = keyof typeof people;

/** There is an `admin` already. */
const nameOf = (person: string) => `a-${person}`;

/** Newer releases make more of it at their bootstrap. */
function unlessThere(error: unknown): undefined {
  if (!isOpenStackError(error) || error.status !== 409) throw error;
}

describe.skipIf(found === undefined)(name, () => {
  let keystone: RunningKeystone;
  let admin: Session;
  let api: TestApi;
  let tokens: Map<string, string>;
  let clock = Date.now();
  let isAway = false;
  const sessions: Session[] = [];

  const sessionOf = (auth: Parameters<typeof createSession>[0]['auth']) => {
    const session = createSession({
      auth,
      endpointOverrides: { identity: `${keystone.url}/v3` },
      interceptors: [
        (send) => (request) => (isAway ? Promise.reject(new Error('Keystone is away')) : send(request)),
      ],
    });
    sessions.push(session);
    return session;
  };
  const ask = async (method: string, path: string, body?: unknown) =>
    (await admin.request({ service: 'identity', method, path, body })).body as Record<string, unknown>;
  const login = (username: string, scope: object) =>
    keystonePassword({
      authUrl: keystone.url,
      username: nameOf(username),
      password: 'pw',
      userDomainName: 'Default',
      ...scope,
    });
  const tokenFor = async (username: string, scope: object) =>
    (await login(username, scope).headers(AbortSignal.timeout(20_000)))['x-auth-token'] ?? '';

  beforeAll(async () => {
    keystone = await startRealKeystone(found);
    admin = sessionOf(
      keystonePassword({
        authUrl: keystone.url,
        username: 'admin',
        password: keystone.adminPassword,
        projectName: 'admin',
      }),
    );
    await furnish();
    tokens = new Map();
    for (const [username, [projectName]] of Object.entries(people))
      tokens.set(username, await tokenFor(username, { projectName, projectDomainName: 'Default' }));
    tokens.set('system', await tokenFor('admin-of-all', { systemScope: 'all' }));
    tokens.set('unscoped', await tokenFor('homeless', {}));
    const authenticator = createKeystoneAuthenticator(
      { session: admin, now: () => clock },
      {
        wwwAuthenticateUri: 'http://keystone.example/v3',
        cacheTtlMs,
        cacheEntries: 100,
        serviceTokenRoles: ['service'],
        serviceTokenRolesRequired: true,
      },
    );
    api = await startTestApi({}, { authenticator });
    await putDevice(api, aDevice());
  }, 180_000);
  afterAll(async () => {
    await api?.close();
    await Promise.all(sessions.map((session) => session.close()));
    await keystone?.stop();
  }, 60_000);

  /** Roles, projects and users, as an installer makes them. */
  async function furnish(): Promise<void> {
    const roles = new Map<string, string>();
    for (const { id, name } of (await ask('GET', '/roles')).roles as { id: string; name: string }[])
      roles.set(name, id);
    for (const role of ['manager', 'service', 'member', 'reader'].filter((one) => !roles.has(one)))
      roles.set(role, ((await ask('POST', '/roles', { role: { name: role } })).role as { id: string }).id);
    const implied = [
      ['admin', 'manager'],
      ['manager', 'member'],
      ['member', 'reader'],
    ] as const;
    for (const [prior, next] of implied)
      await ask('PUT', `/roles/${roles.get(prior)}/implies/${roles.get(next)}`).catch(unlessThere);
    const projects = new Map<string, string>();
    for (const project of ['p1', 'p2'])
      projects.set(
        project,
        ((await ask('POST', '/projects', { project: { name: project } })).project as { id: string }).id,
      );
    const user = async (username: string) =>
      (
        (await ask('POST', '/users', { user: { name: nameOf(username), password: 'pw' } })).user as {
          id: string;
        }
      ).id;
    for (const [username, [project, granted]] of Object.entries(people)) {
      const id = await user(username);
      for (const role of granted)
        await ask('PUT', `/projects/${projects.get(project)}/users/${id}/roles/${roles.get(role)}`);
    }
    await ask('PUT', `/system/users/${await user('admin-of-all')}/roles/${roles.get('admin')}`);
    await user('homeless');
  }

  const call = (method: string, url: string, headers: Record<string, string | undefined>): Promise<Answer> =>
    api.call({ method: method as 'GET', url, as: null, headers });
  const as = (person: string, service?: string) => ({
    'x-auth-token': tokens.get(person) ?? person,
    ...(service === undefined ? {} : { 'x-service-token': tokens.get(service) ?? service }),
  });

  const managers: Person[] = ['admin', 'manager', 'nova'];
  const readers: Person[] = [...managers, 'member', 'reader', 'other'];
  const workers: Person[] = [...managers, 'member', 'service', 'other'];
  const admins: Person[] = ['admin', 'nova'];

  it.each<[string, string, readonly Person[]]>([
    ['GET', '/v2/devices', managers],
    ['GET', `/v2/devices/${nobody}`, managers],
    ['POST', `/v2/devices/${nobody}/enable`, admins],
    ['POST', `/v2/devices/${nobody}/disable`, admins],
    ['GET', '/v2/deployables', managers],
    ['GET', `/v2/deployables/${nobody}`, managers],
    ['GET', '/v2/attributes', managers],
    ['GET', `/v2/attributes/${nobody}`, managers],
    ['POST', '/v2/attributes', admins],
    ['DELETE', `/v2/attributes/${nobody}`, admins],
    ['GET', '/v2/device_profiles', readers],
    ['GET', `/v2/device_profiles/${nobody}`, readers],
    ['POST', '/v2/device_profiles', admins],
    ['DELETE', `/v2/device_profiles/${nobody}`, admins],
    ['GET', '/v2/accelerator_requests', readers],
    ['GET', `/v2/accelerator_requests/${nobody}`, readers],
    ['POST', '/v2/accelerator_requests', workers],
    ['PATCH', '/v2/accelerator_requests', workers],
    ['DELETE', '/v2/accelerator_requests', workers],
    ['GET', '/v3/hosts', managers],
    ['GET', '/v3/devices', managers],
    ['GET', '/v3/operations', managers],
    ['GET', '/v3/events', managers],
    ['GET', `/v3/hosts/${nobody}`, managers],
    ['GET', `/v3/hosts/${nobody}/drivers`, managers],
    ['POST', `/v3/hosts/${nobody}/discover`, admins],
    ['GET', '/v3/drivers', managers],
    ['GET', `/v3/devices/${nobody}`, managers],
    ['POST', `/v3/devices/${nobody}/ready`, admins],
    ['POST', `/v3/devices/${nobody}/enable`, admins],
    ['POST', `/v3/devices/${nobody}/disable`, admins],
    ['POST', `/v3/devices/${nobody}/uninstall`, admins],
    ['GET', `/v3/operations/${nobody}`, managers],
    ['GET', `/v3/operations/${nobody}/watch`, managers],
    ['POST', `/v3/operations/${nobody}/cancel`, admins],
    ['GET', '/v3/attachments', readers],
    ['GET', `/v3/attachments/${nobody}`, readers],
    ['POST', '/v3/attachments', managers],
    ['DELETE', `/v3/attachments/${nobody}`, managers],
    ['GET', '/v3/quotas', admins],
    // Of a project that is nobody's own.
    ['GET', `/v3/quotas/${nobody}`, admins],
    ['PATCH', `/v3/quotas/${nobody}`, admins],
    ['GET', '/v3/audit', admins],
  ])('%s %s is for %j alone', slow, async (method, url, allowed) => {
    for (const person of [...Object.keys(people), 'system', 'unscoped']) {
      const { status } = await call(method, url, as(person));
      expect(`${person}: ${status === 403 ? 'denied' : 'passes'}`).toBe(
        `${person}: ${(allowed as readonly string[]).includes(person) ? 'passes' : 'denied'}`,
      );
      expect(status).not.toBe(401);
      expect(status).toBeLessThan(500);
    }
    for (const headers of [{}, as('nonsense'), as('member', 'nonsense'), as('member', 'member')])
      expect((await call(method, url, headers)).status).toBe(401);
  });

  it('are told where to get a token, in the words of keystonemiddleware', slow, async () => {
    const answer = await call('GET', '/v2/devices', {});
    expect(answer.headers['www-authenticate']).toBe('Keystone uri="http://keystone.example/v3"');
    expect(answer.text).toBe(
      '{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}',
    );
  });

  it('see the requests of their project; administrators see all', slow, async () => {
    const json = { 'content-type': 'application/json' };
    const post = (person: string, url: string, payload: unknown) =>
      api.call({
        method: 'POST',
        url,
        as: null,
        headers: { ...as(person), ...json },
        payload: JSON.stringify(payload),
      });
    await post('admin', '/v2/device_profiles', [{ name: 'one', groups: [{ 'resources:FPGA': '1' }] }]);
    for (const person of ['member', 'other'])
      expect((await post(person, '/v2/accelerator_requests', { device_profile_name: 'one' })).status).toBe(
        201,
      );
    const seen = async (person: string) =>
      ((await call('GET', '/v2/accelerator_requests', as(person))).json().arqs as { uuid: string }[]).map(
        ({ uuid }) => uuid,
      );
    const [mine, theirs] = [await seen('member'), await seen('other')];
    expect([mine.length, theirs.length]).toEqual([1, 1]);
    expect(await seen('reader')).toEqual(mine);
    expect(await seen('admin')).toEqual([...mine, ...theirs]);
    expect((await call('GET', `/v2/accelerator_requests/${theirs[0]}`, as('member'))).status).toBe(404);
    expect((await call('DELETE', `/v2/accelerator_requests?arqs=${theirs[0]}`, as('member'))).status).toBe(
      404,
    );
    expect((await call('DELETE', `/v2/accelerator_requests?instance=${nobody}`, as('admin'))).status).toBe(
      403,
    );
    expect(
      (await call('DELETE', `/v2/accelerator_requests?instance=${nobody}`, as('member', 'nova'))).status,
    ).toBe(204);
  });

  it(
    'lose a token that is revoked, at the latest when it is not believed unasked any more',
    slow,
    async () => {
      const token = await tokenFor('member', { projectName: 'p1', projectDomainName: 'Default' });
      const status = async () => (await call('GET', '/v2/device_profiles', { 'x-auth-token': token })).status;
      expect(await status()).toBe(200);
      await admin.request({
        service: 'identity',
        method: 'DELETE',
        path: '/auth/tokens',
        headers: { 'x-subject-token': token },
      });
      expect(await status()).toBe(200);
      clock += cacheTtlMs;
      expect(await status()).toBe(401);
    },
  );

  it(
    'work on while Keystone is away, until their token ends; new ones are told to come back',
    slow,
    async () => {
      const [known, fresh] = [
        tokens.get('reader') ?? '',
        await tokenFor('other', { projectName: 'p2', projectDomainName: 'Default' }),
      ];
      const get = (token: string) => call('GET', '/v2/device_profiles', { 'x-auth-token': token });
      expect((await get(known)).status).toBe(200);
      isAway = true;
      try {
        clock += cacheTtlMs;
        expect((await get(known)).status).toBe(200);
        const refused = await get(fresh);
        expect(refused.status).toBe(503);
        expect(refused.headers['retry-after']).toBeDefined();
        clock += 3_600_000;
        expect((await get(known)).status).toBe(503);
      } finally {
        isAway = false;
      }
    },
  );
});
