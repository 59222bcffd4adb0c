import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type Attempt,
  type AuthProvider,
  createSession,
  type KeystonePasswordOptions,
  keystoneApplicationCredential,
  keystonePassword,
  keystoneToken,
  loadCloud,
  type Session,
  sessionFromCloud,
} from '../src/index.ts';
import { findRealKeystone, type RunningKeystone, startRealKeystone } from '../src/testing/index.ts';

const found = await findRealKeystone();
// It answers one request after the other, on a machine that may be busy.
const slow = { timeout: 90_000 };
const canBeShort = found?.kind === 'installed';

let keystone: RunningKeystone;
let admin: Session;
const cleanups: (() => Promise<unknown>)[] = [];

/** Who the administrator is; every test that logs in as somebody else changes some of it. */
const adminOptions = (): KeystonePasswordOptions => ({
  authUrl: keystone.url,
  username: 'admin',
  password: keystone.adminPassword,
  projectName: 'admin',
});

/** A session as somebody, with Keystone itself as the service. */
function sessionAs(auth: AuthProvider): Session {
  const session = createSession({ auth, endpointOverrides: { identity: `${keystone.url}/v3` } });
  cleanups.push(() => session.close());
  return session;
}

/** What Keystone says of the token of a session. */
async function tokenOf(auth: AuthProvider): Promise<Record<string, unknown>> {
  const id = (await auth.headers(AbortSignal.timeout(10_000)))['x-auth-token'] ?? '';
  const { body } = await sessionAs(auth).request({
    service: 'identity',
    method: 'GET',
    path: '/auth/tokens',
    headers: { 'x-subject-token': id },
  });
  return (body as { token: Record<string, unknown> }).token;
}

/** As administrator: creates a thing and gives it as Keystone shows it. */
async function create<T>(path: string, body: Record<string, unknown>, session = admin): Promise<T> {
  const answer = await session.request({ service: 'identity', method: 'POST', path, body });
  return Object.values(answer.body as Record<string, T>)[0] as T;
}

const anId = () => Math.random().toString(36).slice(2, 10);
const projects = (session: Session) =>
  session.request({ service: 'identity', method: 'GET', path: '/auth/projects' });

describe.skipIf(found === undefined)('real Keystone (skipped where none is installed)', slow, () => {
  beforeAll(async () => {
    keystone = await startRealKeystone(found);
    admin = createSession({ auth: keystonePassword(adminOptions()) });
  }, 180_000);
  afterAll(async () => {
    await admin?.close();
    await keystone?.stop();
  });
  afterEach(async () => {
    await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
  });

  it('gives a token for a user and a project by name, with a catalog, and says who one is', async () => {
    expect(await admin.endpoint('identity')).toMatch(/\/v3$/);
    const identity = await admin.identity();
    expect(identity).toMatchObject({ userName: 'admin', projectName: 'admin' });
    expect(identity?.roles).toContain('admin');
    await expect(admin.endpoint('placement')).rejects.toMatchObject({ code: 'session.endpoint_not_found' });
    await expect(admin.endpoint({ type: 'identity', region: 'elsewhere' })).rejects.toThrow(/"elsewhere"/);
  });

  it('gives a token for a user and a project by id', async () => {
    const { userId, projectId } = (await admin.identity()) ?? {};
    const { authUrl, password } = adminOptions();
    const token = await tokenOf(keystonePassword({ authUrl, password, userId, projectId }));
    expect(token).toMatchObject({ user: { name: 'admin' }, project: { name: 'admin' } });
  });

  it('refuses a wrong password, and the session says so', async () => {
    const session = sessionAs(keystonePassword({ ...adminOptions(), password: 'wrong' }));
    await expect(projects(session)).rejects.toMatchObject({
      code: 'session.authentication_failed',
      status: 401,
      message: expect.stringContaining('user "admin"'),
    });
  });

  it('gives a token for every scope', async () => {
    const { userId, projectId } = (await admin.identity()) ?? {};
    const [role] = (
      (await admin.request({ service: 'identity', method: 'GET', path: '/roles', query: { name: 'admin' } }))
        .body as { roles: { id: string }[] }
    ).roles;
    await admin.request({
      service: 'identity',
      method: 'PUT',
      path: `/domains/default/users/${userId}/roles/${role?.id}`,
    });
    const name = `trustee-${anId()}`;
    const trustee = await create<{ id: string }>('/users', {
      user: { name, password: 'pw', domain_id: 'default' },
    });
    const trust = await create<{ id: string }>('/OS-TRUST/trusts', {
      trust: {
        trustor_user_id: userId,
        trustee_user_id: trustee.id,
        project_id: projectId,
        impersonation: false,
        roles: [{ name: 'reader' }],
      },
    });
    const { projectName: _, ...nowhere } = adminOptions();
    const scoped = (scope: Partial<KeystonePasswordOptions>) =>
      tokenOf(keystonePassword({ ...nowhere, ...scope }));
    expect(await scoped({ domainName: 'Default' })).toMatchObject({ domain: { id: 'default' } });
    expect(await scoped({ systemScope: 'all' })).toMatchObject({ system: { all: true } });
    expect(await scoped({ username: name, password: 'pw', trustId: trust.id })).toMatchObject({
      'OS-TRUST:trust': { id: trust.id },
      project: { id: projectId },
    });
    const unscoped = await scoped({ unscoped: true });
    expect(unscoped).not.toHaveProperty('project');
    expect(unscoped).not.toHaveProperty('catalog');
  });

  it('takes an application credential by id, and by name and user, but does not exchange its token', async () => {
    const { userId } = (await admin.identity()) ?? {};
    const name = `agent-${anId()}`;
    const secret = 'agent-secret';
    const { id } = await create<{ id: string }>(`/users/${userId}/application_credentials`, {
      application_credential: { name, secret },
    });
    const { url: authUrl } = keystone;
    const byId = keystoneApplicationCredential({ authUrl, id, secret });
    expect(await tokenOf(byId)).toMatchObject({
      project: { name: 'admin' },
      application_credential: { name },
    });
    expect(
      await tokenOf(keystoneApplicationCredential({ authUrl, name, secret, username: 'admin' })),
    ).toMatchObject({
      application_credential: { id },
    });
    const wrong = keystoneApplicationCredential({ authUrl, id, secret: 'wrong' });
    await expect(projects(sessionAs(wrong))).rejects.toMatchObject({
      code: 'session.authentication_failed',
      message: expect.stringContaining(`application credential "${id}"`),
    });
    const token = (await byId.headers(AbortSignal.timeout(10_000)))['x-auth-token'] ?? '';
    const exchanged = keystoneToken({ authUrl, token, projectName: 'admin' });
    await expect(projects(sessionAs(exchanged))).rejects.toMatchObject({ status: 403, kind: 'forbidden' });
  });

  it('exchanges a token for one of another scope, until the token is revoked', async () => {
    const own = keystonePassword(adminOptions());
    const token = (await own.headers(AbortSignal.timeout(10_000)))['x-auth-token'] ?? '';
    const exchange = () => keystoneToken({ authUrl: keystone.url, token, systemScope: 'all' });
    const session = sessionAs(exchange());
    expect((await projects(session)).status).toBe(200);
    expect(await tokenOf(exchange())).toMatchObject({
      system: { all: true },
      methods: expect.arrayContaining(['token', 'password']),
    });
    await revoke(token);
    await expect(projects(sessionAs(exchange()))).rejects.toMatchObject({
      code: 'session.token_ended',
    });
    await own.close?.();
  });

  async function revoke(token: string): Promise<void> {
    await admin.request({
      service: 'identity',
      method: 'DELETE',
      path: '/auth/tokens',
      headers: { 'x-subject-token': token },
    });
  }

  it('answers 20 refusals after a revocation with one renewal', async () => {
    const logins: Attempt[] = [];
    const auth = keystonePassword({ ...adminOptions(), hooks: { attempt: (event) => logins.push(event) } });
    const session = sessionAs(auth);
    await projects(session);
    await revoke((await auth.headers(AbortSignal.timeout(10_000)))['x-auth-token'] ?? '');
    const answers = await Promise.all(Array.from({ length: 20 }, () => projects(session)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(logins.map(({ outcome }) => outcome)).toEqual([201, 201]);
  });

  it('is reached by the variables of an openrc', async () => {
    const env = {
      OS_AUTH_URL: `${keystone.url}/v3`,
      OS_USERNAME: 'admin',
      OS_PASSWORD: keystone.adminPassword,
      OS_PROJECT_NAME: 'admin',
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_NAME: 'Default',
      OS_REGION_NAME: keystone.region,
    };
    const session = sessionFromCloud(
      await loadCloud({ env, files: { clouds: [], secure: [], vendors: [] } }),
    );
    cleanups.push(() => session.close());
    expect((await projects(session)).status).toBe(200);
  });

  describe.skipIf(!canBeShort)('with short-lived tokens (skipped for a Keystone that ran already)', () => {
    const lifetimeS = 4;
    let authUrl: string;
    beforeAll(async () => {
      const short = await keystone.withTokenLifetime?.(lifetimeS);
      authUrl = short?.url ?? '';
    });

    it('renews one that has ended before its time', async () => {
      // A clock that stands still: nothing but the refusal tells that the token has ended.
      const session = sessionAs(keystonePassword({ ...adminOptions(), authUrl, now: () => 0 }));
      const tried: number[] = [];
      const call = () =>
        session.request({
          service: 'identity',
          method: 'GET',
          path: '/auth/projects',
          onAttempt: () => tried.push(1),
        });
      await call();
      expect(tried).toHaveLength(1);
      await setTimeout((lifetimeS + 1.5) * 1000);
      await call();
      expect(tried).toHaveLength(3);
    });

    it('uses one that cannot be renewed to its end, and then says so without asking', async () => {
      const own = keystonePassword({ ...adminOptions(), authUrl });
      const token = (await own.headers(AbortSignal.timeout(10_000)))['x-auth-token'] ?? '';
      await own.close?.();
      const asked: Attempt[] = [];
      const auth = keystoneToken({
        authUrl,
        token,
        projectName: 'admin',
        hooks: { attempt: (event) => asked.push(event) },
      });
      const session = sessionAs(auth);
      expect((await projects(session)).status).toBe(200);
      await setTimeout((lifetimeS + 1.5) * 1000);
      await expect(projects(session)).rejects.toMatchObject({
        code: 'session.token_ended',
        kind: 'forbidden',
      });
      expect(asked).toHaveLength(1);
    });
  });
});
