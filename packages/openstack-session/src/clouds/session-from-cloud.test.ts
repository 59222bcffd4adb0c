import { describe, expect, it, onTestFinished } from 'vitest';
import { type Script, startScriptedServer } from '../../test/scripted-server.ts';
import { loadCloud } from './load-cloud.ts';
import { resolveCloud } from './resolve-cloud.ts';
import { authFromCloud, sessionFromCloud } from './session-from-cloud.ts';

/** A cloud out of settings, without files. */
const aCloud = (settings: Record<string, unknown>) =>
  resolveCloud({ clouds: { path: 'clouds.yaml', content: { clouds: { lab: settings } } }, env: {} });

/** Keystone and every other service on one server. */
async function aServer() {
  const server = await startScriptedServer(({ url }): Script => {
    if (url !== '/v3/auth/tokens') return { status: 200, body: {} };
    const at = (region: string, name: string) => ({
      interface: name,
      region_id: region,
      url: `${server.url}/${region}/${name}`,
    });
    const endpoints = [at('one', 'public'), at('two', 'public'), at('two', 'internal')];
    const times = { issued_at: '2026-01-01T00:00:00.000000Z', expires_at: '2026-01-01T01:00:00.000000Z' };
    const token = { ...times, catalog: [{ type: 'placement', endpoints }] };
    return { status: 201, headers: { 'x-subject-token': 'a-token' }, body: { token } };
  });
  onTestFinished(() => server.close());
  return server;
}

describe('session from a cloud', () => {
  it('logs in, goes to the region and interface of the service, and says its microversion', async () => {
    const server = await aServer();
    const env = {
      OS_AUTH_URL: server.url,
      OS_USERNAME: 'u',
      OS_PASSWORD: 'p',
      OS_DEFAULT_DOMAIN_ID: 'd',
      OS_PROJECT_NAME: 's',
      OS_REGION_NAME: 'one',
      OS_PLACEMENT_REGION_NAME: 'two',
      OS_PLACEMENT_INTERFACE: 'internalURL',
      OS_PLACEMENT_DEFAULT_MICROVERSION: '1.39',
    };
    const cloud = await loadCloud({ env, files: { clouds: [], secure: [], vendors: [] } });
    const session = sessionFromCloud(cloud, { userAgent: 'test' });
    onTestFinished(() => session.close());
    await session.request({ service: 'placement', method: 'GET', path: '/traits' });
    expect(JSON.parse(server.seen[0]?.body ?? '').auth).toMatchObject({
      identity: { password: { user: { name: 'u', domain: { id: 'd' } } } },
      scope: { project: { name: 's', domain: { id: 'd' } } },
    });
    expect(server.seen[1]?.url).toBe('/two/internal/traits');
    expect(server.seen[1]?.headers).toMatchObject({
      'x-auth-token': 'a-token',
      'openstack-api-version': 'placement 1.39',
      'user-agent': 'test',
    });
  });

  it('sends to a service without Keystone what keystoneauth sends', async () => {
    const server = await aServer();
    const cloud = { ...aCloud({ auth_type: 'none', auth: { endpoint: server.url } }), tls: {} };
    const session = sessionFromCloud(cloud);
    onTestFinished(() => session.close());
    await session.request({ service: 'placement', method: 'GET', path: '/traits' });
    expect(server.seen[0]).toMatchObject({ url: '/traits', headers: { 'x-auth-token': 'notused' } });
  });

  const keystone = 'http://127.0.0.1:9';
  it.each([
    ['password', { username: 'u', password: 'p' }, 'no auth_url'],
    ['v3password', { auth_url: keystone, username: 'u' }, 'no password'],
    ['token', { auth_url: keystone }, 'no token'],
    [
      'v3applicationcredential',
      { auth_url: keystone, application_credential_id: 'i' },
      'no application_credential_secret',
    ],
    ['admin_token', { token: 't' }, 'no endpoint'],
    ['http_basic', { username: 'u' }, 'no password'],
    [
      'password',
      { auth_url: keystone, username: 'u', password: 'p', system_scope: 'some' },
      'system_scope "some"',
    ],
  ])('names what is missing for %s', (type, auth, message) => {
    const cloud = aCloud({ auth_type: type, auth });
    expect(() => authFromCloud(cloud)).toThrow(expect.objectContaining({ code: 'session.bad_cloud' }));
    expect(() => authFromCloud(cloud)).toThrow(message);
  });

  it.each([
    ['token', { auth_url: keystone, token: 't' }],
    ['v3token', { auth_url: keystone, token: 't', project_id: '1' }],
    ['http_basic', { username: 'u', password: 'p', endpoint: keystone }],
    ['admin_token', { token: 't', endpoint: keystone }],
  ])('makes a provider for %s', async (type, auth) => {
    const provider = authFromCloud(aCloud({ auth_type: type, auth }));
    await provider.close?.();
    expect(provider.headers).toBeTypeOf('function');
  });
});
