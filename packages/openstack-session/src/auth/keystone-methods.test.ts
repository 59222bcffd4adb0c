import { describe, expect, it, onTestFinished } from 'vitest';
import { startScriptedServer } from '../../test/scripted-server.ts';
import type { AuthProvider } from './auth-provider.ts';
import { keystoneApplicationCredential } from './keystone-application-credential.ts';
import { keystonePassword } from './keystone-password.ts';
import { type KeystoneScopeOptions, keystoneScope } from './keystone-scope.ts';
import { keystoneToken } from './keystone-token.ts';

const authUrl = 'http://127.0.0.1:9';
const signal = () => AbortSignal.timeout(10_000);

/** A Keystone that gives a token to everyone, or what else it is told. */
async function aKeystone(status = 201) {
  const server = await startScriptedServer((_, index) => ({
    status,
    headers: { 'x-subject-token': `token-${index}` },
    body: { token: { issued_at: '2026-01-01T00:00:00.000000Z', expires_at: '2026-01-01T01:00:00.000000Z' } },
  }));
  onTestFinished(() => server.close());
  const sent = async (auth: AuthProvider) => {
    await auth.headers(signal());
    await auth.close?.();
    const last = server.seen.at(-1);
    return { ...JSON.parse(last?.body ?? '{}').auth, token: last?.headers['x-auth-token'] };
  };
  return { server, sent, authUrl: server.url };
}

describe('keystone scope', () => {
  it.each<[KeystoneScopeOptions, unknown]>([
    [{}, undefined],
    [{ projectId: '1', projectName: 'ignored' }, { project: { id: '1' } }],
    [{ projectName: 's' }, { project: { name: 's', domain: { id: 'default' } } }],
    [{ projectName: 's', projectDomainName: 'D' }, { project: { name: 's', domain: { name: 'D' } } }],
    [{ domainId: 'd' }, { domain: { id: 'd' } }],
    [{ domainName: 'D' }, { domain: { name: 'D' } }],
    [{ systemScope: 'all' }, { system: { all: true } }],
    [{ trustId: 't' }, { 'OS-TRUST:trust': { id: 't' } }],
    [{ unscoped: true }, 'unscoped'],
  ])('of %o is %o', (options, scope) => {
    expect(keystoneScope(options)).toEqual(scope);
  });

  it.each<[KeystoneScopeOptions, string]>([
    [{ projectId: '1', domainId: 'd' }, 'project "1", domain "d"'],
    [{ projectName: 's', systemScope: 'all' }, 'project "s", the system'],
    [{ trustId: 't', unscoped: true }, 'trust "t", no scope'],
  ])('is one: %o is refused', (options, named) => {
    expect(() => keystoneScope(options)).toThrow(expect.objectContaining({ code: 'session.bad_options' }));
    expect(() => keystoneScope(options)).toThrow(named);
  });
});

describe('keystone application credential', () => {
  it('is sent by id, without a scope', async () => {
    const { sent, authUrl } = await aKeystone();
    expect(await sent(keystoneApplicationCredential({ authUrl, id: 'i', secret: 's' }))).toEqual({
      identity: { methods: ['application_credential'], application_credential: { id: 'i', secret: 's' } },
    });
  });

  it('is sent by name and user', async () => {
    const { sent, authUrl } = await aKeystone();
    const auth = keystoneApplicationCredential({
      authUrl,
      name: 'n',
      secret: 's',
      username: 'u',
      userDomainName: 'D',
    });
    expect((await sent(auth)).identity.application_credential).toEqual({
      name: 'n',
      secret: 's',
      user: { name: 'u', domain: { name: 'D' } },
    });
  });

  it.each([{ secret: 's' }, { name: 'n', secret: 's' }])(
    'needs an id, or a name and a user: %o',
    (options) => {
      expect(() => keystoneApplicationCredential({ authUrl, ...options })).toThrow(
        expect.objectContaining({ code: 'session.bad_options' }),
      );
    },
  );
});

describe('keystone password', () => {
  it.each([
    ['no user', { authUrl, password: 'p' }, /neither userId nor username/],
    [
      'no address',
      { authUrl: 'controller', username: 'u', password: 'p' },
      /"controller" is no http address/,
    ],
    ['another scheme', { authUrl: 'ftp://k', username: 'u', password: 'p' }, /is no http address/],
  ])('is refused with %s', (_, options, message) => {
    expect(() => keystonePassword(options)).toThrow(message);
  });
});

describe('keystone token', () => {
  it('is exchanged with itself as proof', async () => {
    const { sent, authUrl } = await aKeystone();
    expect(await sent(keystoneToken({ authUrl, token: 'old', projectId: '1' }))).toEqual({
      identity: { methods: ['token'], token: { id: 'old' } },
      scope: { project: { id: '1' } },
      token: 'old',
    });
  });

  it('without a scope says that it has no catalog, and what to do', async () => {
    const { authUrl } = await aKeystone();
    const auth = keystoneToken({ authUrl, token: 't' });
    onTestFinished(() => auth.close?.());
    await expect(auth.endpoint?.({ type: 'placement' }, signal())).rejects.toMatchObject({
      code: 'session.endpoint_not_found',
      message: expect.stringMatching(/"placement".*without a catalog.*name a project/),
    });
  });

  it('is used to its very end, and Keystone is not asked after it', async () => {
    const { server, authUrl } = await aKeystone();
    const clock = { now: 0 };
    const auth = keystoneToken({ authUrl, token: 'old', now: () => clock.now });
    onTestFinished(async () => auth.close?.());
    await auth.headers(signal());
    clock.now = 3_600_000 - 1;
    expect(await auth.headers(signal())).toEqual({ 'x-auth-token': 'token-0' });
    clock.now = 3_600_000;
    for (const _ of [1, 2])
      await expect(auth.headers(signal())).rejects.toMatchObject({
        code: 'session.token_ended',
        kind: 'forbidden',
      });
    expect(server.seen).toHaveLength(1);
  });

  it('that Keystone refuses has ended', async () => {
    const { authUrl } = await aKeystone(401);
    const auth = keystoneToken({ authUrl, token: 'old' });
    onTestFinished(async () => auth.close?.());
    await expect(auth.headers(signal())).rejects.toMatchObject({ code: 'session.token_ended', status: 401 });
  });
});
