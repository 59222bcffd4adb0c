import { randomUUID } from 'node:crypto';
import { Uuid } from '@cyborgjs/core';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDevice, type Persona, putDevice, startTestApi, type TestApi } from '../test-api.ts';

const nobody = '00000000-0000-0000-0000-000000000001';
const fpga = Uuid.parse(randomUUID());
const json = { 'content-type': 'application/json' };

describe('/v2', () => {
  let api: TestApi;
  const get = (url: string, headers = {}) => api.call({ url, headers });

  beforeAll(async () => {
    api = await startTestApi({ publicEndpoint: 'https://cloud.example' });
    await putDevice(api, aDevice({ id: fpga }));
  });
  afterAll(() => api.close());

  describe('addresses', () => {
    it.each([
      '/v2/devices',
      '/v2/devices/',
      '/v2/devices.json',
      '/accelerator/v2/devices',
      '/accelerator/v2/devices/',
    ])('serves %s', async (url) => expect((await get(url)).json().devices).toHaveLength(1));

    it.each(['/', '/accelerator', '/accelerator/'])('lists the versions at %s, to anybody', async (url) => {
      const answer = await api.call({
        url,
        as: null,
        headers: { 'openstack-api-version': 'accelerator 9.9' },
      });
      expect(answer.status).toBe(200);
      expect(answer.headers).not.toHaveProperty('openstack-api-version');
      expect(answer.headers['content-type']).toBe('application/json');
      const version = {
        id: 'v2',
        status: 'CURRENT',
        max_version: '2.3',
        min_version: '2.0',
        links: [{ href: 'https://cloud.example/accelerator/v2', rel: 'self' }],
      };
      expect(answer.json()).toMatchObject({ versions: [version], default_version: version });
    });

    it('answers HEAD like GET', async () => {
      const [head, whole] = [
        await api.call({ method: 'HEAD', url: '/v2/devices' }),
        await get('/v2/devices'),
      ];
      expect(head.status).toBe(200);
      expect(head.text).toBe('');
      expect(head.headers['content-length']).toBe(String(whole.text.length));
    });

    it('answers OPTIONS before anything is looked at', async () => {
      const answer = await api.call({ method: 'OPTIONS', url: '/v2/nonsense', as: null });
      expect(answer).toMatchObject({ status: 200, text: '' });
      expect(answer.headers).not.toHaveProperty('x-openstack-request-id');
    });

    it.each<[InjectOptions['method'] & string, string, number, string | undefined]>([
      ['GET', '/v1', 404, undefined],
      ['GET', '/v2/nonexistent', 404, undefined],
      ['PUT', '/v2/accelerator_requests', 405, 'DELETE, GET, PATCH, POST'],
      ['PATCH', '/v2/devices', 404, undefined],
      ['GET', `/v2/devices/${fpga}/enable`, 404, undefined],
      ['POST', `/v2/devices/${fpga}/explode`, 405, 'GET'],
      ['PUT', '/v2/device_profiles', 405, 'DELETE, GET, POST'],
      ['POST', '/v2', 405, 'GET'],
    ])('%s %s is %i', async (method, url, status, allow) => {
      const answer = await api.call({ method, url });
      expect(answer.status).toBe(status);
      expect(answer.headers.allow).toBe(allow);
      const title = status === 404 ? 'Not Found' : 'Method Not Allowed';
      expect(answer.json().error_message).toBe(`{"code": ${status}, "title": "${title}", "description": ""}`);
      expect(answer.headers).not.toHaveProperty('openstack-api-minimum-version');
    });

    it('tells nothing about addresses without a token', async () =>
      expect((await api.call({ url: '/v2/nonexistent', as: null })).status).toBe(401));
  });

  describe('order of checks', () => {
    const tooHigh = { 'openstack-api-version': 'accelerator 2.4' };

    it('the token comes before the microversion', async () =>
      expect((await api.call({ url: '/v2/devices', as: null, headers: tooHigh })).status).toBe(401));

    it('the microversion comes before the address', async () =>
      expect((await get('/v2/nonexistent', tooHigh)).status).toBe(406));

    it('a microversion that cannot be read is refused without any of its headers', async () => {
      const answer = await get('/v2/devices', { 'openstack-api-version': 'accelerator abc' });
      expect(answer.status).toBe(406);
      expect(answer.headers).not.toHaveProperty('openstack-api-minimum-version');
    });

    it('rights come before arguments and bodies', async () => {
      expect((await api.call({ url: '/v2/devices?bogus=1', as: 'reader' })).status).toBe(403);
      const request = { method: 'POST', url: '/v2/device_profiles', headers: json, payload: '{' } as const;
      expect((await api.call({ ...request, as: 'manager' })).status).toBe(403);
    });

    it.each(['application/xml', 'text/html', 'application/vnd.x+json'])('Accept: %s is 406', async (accept) =>
      expect((await get('/v2/devices', { accept })).status).toBe(406),
    );

    it.each(['*/*', 'application/json', 'text/html, application/*;q=0.5'])(
      'Accept: %s is served',
      async (accept) => expect((await get('/v2/devices', { accept })).status).toBe(200),
    );
  });

  it.each<[InjectOptions['method'] & string, string, Persona[]]>([
    ['GET', '/v2/devices', ['admin', 'manager']],
    ['GET', `/v2/devices/${nobody}`, ['admin', 'manager']],
    ['GET', '/v2/deployables', ['admin', 'manager']],
    ['GET', '/v2/attributes', ['admin', 'manager']],
    ['GET', '/v2/device_profiles', ['admin', 'manager', 'member', 'reader']],
    ['POST', '/v2/device_profiles', ['admin']],
    ['DELETE', '/v2/device_profiles', ['admin']],
    ['POST', '/v2/attributes', ['admin']],
    ['POST', `/v2/devices/${nobody}/disable`, ['admin']],
  ])('%s %s is for %j', async (method, url, allowed) => {
    for (const as of ['admin', 'manager', 'member', 'reader', 'service'] as const) {
      const { status } = await api.call({ method, url, as });
      expect(status === 403, as).toBe(!allowed.includes(as));
    }
  });
});
