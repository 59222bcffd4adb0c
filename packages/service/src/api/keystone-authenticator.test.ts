import { createServer, type Server } from 'node:http';
import { createSession, defaultRetryPolicy, noAuth, type Session } from '@cyborgjs/openstack-session';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Authenticator } from './authenticator.ts';
import { createKeystoneAuthenticator } from './keystone-authenticator.ts';

const settings = {
  wwwAuthenticateUri: 'http://keystone.example/v3',
  cacheTtlMs: 1_000,
  cacheEntries: 10,
  serviceTokenRoles: ['service'],
  serviceTokenRolesRequired: true,
};
const tokenOf = (roles: readonly string[], scope: object = { project: { id: 'p1' } }) => ({
  token: {
    expires_at: new Date(60_000).toISOString(),
    user: { id: 'u1', name: 'one' },
    roles: roles.map((name) => ({ id: name, name })),
    ...scope,
  },
});

/** The real Keystone is asked in test/personas-of-keystone.test.ts; this one can be broken in more ways. */
describe('a Keystone that answers as it is told', () => {
  let server: Server;
  let session: Session;
  let auth: Authenticator;
  let asked: { readonly subject: string; readonly query: string }[];
  let answers: Record<string, { readonly status: number; readonly body?: unknown }>;

  beforeEach(async () => {
    asked = [];
    answers = {};
    server = createServer((request, response) => {
      const subject = String(request.headers['x-subject-token']);
      asked.push({ subject, query: request.url?.split('?')[1] ?? '' });
      const { status, body = {} } = answers[subject] ?? { status: 404 };
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    session = createSession({
      auth: noAuth({ endpoint: `http://127.0.0.1:${port}` }),
      retry: { ...defaultRetryPolicy, retries: 0 },
    });
    auth = createKeystoneAuthenticator({ session, now: () => 0 }, settings);
  });
  afterEach(async () => {
    await session.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const unavailable = expect.objectContaining({ code: 'auth.unavailable', kind: 'unavailable' });
  const refused = expect.objectContaining({ code: 'auth.required' });

  it('is asked without the catalog, and its roles are read without case', async () => {
    answers.good = { status: 200, body: tokenOf(['Member', 'reader']) };
    expect(await auth.authenticate({ 'x-auth-token': 'good' })).toEqual({
      userId: 'u1',
      projectId: 'p1',
      roles: ['member', 'reader'],
      service: false,
      serviceUserId: null,
    });
    expect(asked).toEqual([{ subject: 'good', query: 'nocatalog=1' }]);
  });

  it.each([
    ['the system', { system: { all: true } }],
    ['a domain', { domain: { id: 'd' } }],
    ['nothing', {}],
  ])('says when a token is for %s, and then it is for no project', async (_what, scope) => {
    answers.wide = { status: 200, body: tokenOf(['admin'], scope) };
    expect(await auth.authenticate({ 'x-auth-token': 'wide' })).toMatchObject({ projectId: null });
  });

  it('knows a token or not', async () => {
    await expect(auth.authenticate({ 'x-auth-token': 'unknown' })).rejects.toEqual(refused);
    await expect(auth.authenticate({})).rejects.toEqual(refused);
    await expect(auth.authenticate({ 'x-auth-token': ' ' })).rejects.toEqual(refused);
  });

  it.each([500, 503, 403, 429])(
    'that answers %i leaves everything open: nobody is refused for it',
    async (status) => {
      answers.good = { status };
      await expect(auth.authenticate({ 'x-auth-token': 'good' })).rejects.toEqual(unavailable);
    },
  );

  it('that answers what is no token is as good as none', async () => {
    answers.good = { status: 200, body: { hello: 'world' } };
    await expect(auth.authenticate({ 'x-auth-token': 'good' })).rejects.toEqual(unavailable);
  });

  it('is asked for tokens that have ended only when a service vouches', async () => {
    answers.good = { status: 200, body: tokenOf(['member']) };
    answers.nova = { status: 200, body: tokenOf(['admin', 'service']) };
    const headers = { 'x-auth-token': 'good', 'x-service-token': 'nova' };
    expect(await auth.authenticate(headers)).toMatchObject({ service: true });
    expect(asked.map(({ query }) => query)).toEqual(['nocatalog=1', 'nocatalog=1&allow_expired=1']);
  });

  it('judges service tokens by their roles; one without is refused, or counts for nothing', async () => {
    answers.good = { status: 200, body: tokenOf(['member']) };
    const headers = { 'x-auth-token': 'good', 'x-service-token': 'good' };
    await expect(auth.authenticate(headers)).rejects.toEqual(refused);
    const lenient = createKeystoneAuthenticator(
      { session, now: () => 0 },
      { ...settings, serviceTokenRolesRequired: false },
    );
    expect(await lenient.authenticate(headers)).toMatchObject({ service: false });
    await expect(lenient.authenticate({ ...headers, 'x-service-token': 'unknown' })).rejects.toEqual(refused);
  });
});
