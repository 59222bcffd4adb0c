import { randomUUID } from 'node:crypto';
import {
  Device,
  Event,
  HealthPeriod,
  Host,
  HostDriver,
  Operation,
  Problem,
  pageOf,
  Uuid,
} from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Answer, aDevice, putDevice, startTestApi, type TestApi } from '../test-api.ts';

const found = Uuid.parse(randomUUID());
const opened = Uuid.parse(randomUUID());
const elsewhere = Uuid.parse(randomUUID());
const nobody = '00000000-0000-0000-0000-000000000001';

const problem = (answer: Answer) => {
  expect(answer.headers['content-type']).toBe('application/problem+json');
  return Problem.parse(answer.json());
};

describe('/v3', () => {
  let api: TestApi;
  const get = (url: string, headers = {}) => api.call({ url: `/v3${url}`, headers });
  const post = (url: string, payload?: object | string, headers: Record<string, string> = {}) =>
    api.call({ method: 'POST', url: `/v3${url}`, headers, ...(payload !== undefined && { payload }) });
  const ids = async (url: string) => (await get(url)).json().items.map((item: { id: string }) => item.id);

  beforeAll(async () => {
    api = await startTestApi();
    await putDevice(api, aDevice({ id: found, identity: 'a', state: 'discovered', model: 'Model T' }));
    await putDevice(
      api,
      aDevice({ id: opened, host: 'compute2', health: { state: 'failed', reason: 'hot' } }),
    );
    await putDevice(
      api,
      aDevice({ id: elsewhere, host: 'compute3', driver: 'gpu', kind: 'GPU', vendor: '10de' }),
    );
  });
  afterAll(() => api.close());

  describe('collections', () => {
    it.each([
      ['/hosts', Host, 3],
      ['/hosts/compute1/drivers', HostDriver, 1],
      ['/drivers', HostDriver, 3],
      ['/drivers?host=compute3&driver=gpu', HostDriver, 1],
      ['/devices', Device, 3],
      [`/devices/${opened}/health`, HealthPeriod, 1],
    ])('%s holds what its schema says, and nothing more', async (url, item, count) => {
      const body = (await get(url)).json();
      const page = pageOf(item).parse(body);
      expect(page).toEqual(body);
      expect(page.items).toHaveLength(count);
    });

    it.each([
      ['host=compute1', [found]],
      ['driver=gpu', [elsewhere]],
      ['kind=FPGA', [found, opened]],
      ['vendor=10de', [elsewhere]],
      ['state=discovered', [found]],
      ['health=failed', [opened]],
      ['q=model t', [found]],
      ['kind=FPGA&health=ok&state=ready', []],
    ])('/devices?%s', async (query, expected) => expect(await ids(`/devices?${query}`)).toEqual(expected));

    it('comes in pages', async () => {
      const first = (await get('/devices?limit=2')).json();
      expect(first.items).toMatchObject([{ id: found }, { id: opened }]);
      const second = (await get(`/devices?limit=2&marker=${first.next}`)).json();
      expect(second).toMatchObject({ items: [{ id: elsewhere }], next: null });
    });

    it.each([
      ['/devices?colour=red&host=x', 'unknown query argument: colour'],
      ['/devices?limit=0', 'query argument limit'],
      ['/devices?limit=x', 'query argument limit'],
      ['/devices?kind=TPU', 'query argument kind'],
      ['/devices?host=a&host=b', 'query argument host'],
      ['/devices?marker=nope', 'nope'],
      [`/devices/${found}/health?marker=1x`, '1x'],
      ['/hosts?x=1', 'unknown query argument: x'],
      ['/hosts/compute1?x=1', 'unknown query argument: x'],
      ['/events?after=-1', 'query argument after'],
      ['/operations?state=lost', 'query argument state'],
    ])('refuses %s', async (url, text) => {
      const answer = await get(url);
      expect(answer.status).toBe(400);
      expect(problem(answer)).toMatchObject({
        type: 'urn:cyborg:error:request.invalid',
        title: 'Bad Request',
        status: 400,
        code: 'request.invalid',
        detail: expect.stringContaining(text),
        instance: `/v3${url.split('?')[0]}`,
        requestId: answer.headers['x-openstack-request-id'],
      });
    });
  });

  describe('single things', () => {
    it('shows a host and a device', async () => {
      expect(Host.parse((await get('/hosts/compute1')).json()).drivers).toMatchObject([{ id: 'fake' }]);
      const answer = await get(`/devices/${found}`);
      expect(Device.parse(answer.json())).toMatchObject({ id: found, deployables: [{ total: 16 }] });
      expect(answer.headers.etag).toMatch(/^"\d+"$/);
    });

    it.each([
      ['/hosts/nowhere', 'host.not_found'],
      ['/hosts/nowhere/drivers', 'host.not_found'],
      [`/devices/${nobody}`, 'device.not_found'],
      [`/devices/${nobody}/health`, 'device.not_found'],
      ['/devices/nonsense', 'device.not_found'],
      [`/operations/${nobody}`, 'operation.not_found'],
      [`/operations/${nobody}?wait=1`, 'operation.not_found'],
      [`/operations/${nobody}/watch`, 'operation.not_found'],
      ['/nonsense', 'route.not_found'],
      ['', 'route.not_found'],
    ])('%s is 404 %s', async (url, code) => {
      const answer = await get(url);
      expect(answer.status).toBe(404);
      expect(problem(answer).code).toBe(code);
    });
  });

  it.each([
    ['DELETE', `/v3/devices/${nobody}`, 'GET, HEAD'],
    ['PUT', '/v3/hosts/compute1/discover', 'POST'],
    ['POST', '/healthz', 'GET, HEAD'],
  ] as const)('%s %s is 405, allowing %s', async (method, url, allow) => {
    const answer = await api.call({ method, url });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(problem(answer).code).toBe('route.method_not_allowed');
  });

  describe('rights', () => {
    it('asks for a token', async () => {
      const answer = await api.call({ url: '/v3/devices', as: null });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="cyborg"');
      expect(problem(answer).code).toBe('auth.required');
    });

    it('takes a bearer token', async () =>
      expect(
        (await api.call({ url: '/v3/devices', as: null, headers: { authorization: 'Bearer admin' } })).status,
      ).toBe(200));

    it.each([
      ['GET', '/v3/hosts', ['admin', 'manager']],
      ['GET', '/v3/devices', ['admin', 'manager']],
      ['GET', '/v3/operations', ['admin', 'manager']],
      ['GET', '/v3/events', ['admin', 'manager']],
      ['POST', `/v3/devices/${nobody}/ready`, ['admin']],
      ['POST', `/v3/devices/${nobody}/uninstall`, ['admin']],
      ['POST', `/v3/devices/${nobody}/disable`, ['admin']],
      ['POST', '/v3/hosts/nowhere/discover', ['admin']],
      ['POST', `/v3/operations/${nobody}/cancel`, ['admin']],
    ] as const)('%s %s is for %j', async (method, url, allowed) => {
      for (const as of ['admin', 'manager', 'member', 'reader', 'service'] as const) {
        const { status } = await api.call({ method, url, as });
        expect(status === 403, as).toBe(!(allowed as readonly string[]).includes(as));
      }
    });
  });

  describe('intents', () => {
    it('makes a device ready: 202, an operation and where to follow it', async () => {
      const answer = await post(`/devices/${found}/ready`, { profile: 'default', options: { a: 'b' } });
      expect(answer.status).toBe(202);
      const operation = Operation.parse(answer.json());
      expect(operation).toMatchObject({
        verb: 'install',
        state: 'pending',
        deviceId: found,
        requestedBy: 'admin',
      });
      expect(answer.headers.location).toBe(`/v3/operations/${operation.id}`);
      expect((await get(`/operations/${operation.id}`)).json()).toEqual(operation);
      expect((await get(`/devices/${found}`)).json().state).toBe('installing');
    });

    it('points to where the service is mounted', async () => {
      const answer = await api.call({ method: 'POST', url: '/accelerator/v3/hosts/compute1/discover' });
      expect(answer.headers.location).toMatch(/^\/accelerator\/v3\/operations\/[0-9a-f-]{36}$/);
    });

    it('asks for the same thing once under one key', async () => {
      const key = { 'idempotency-key': randomUUID() };
      const first = await post('/hosts/compute1/discover', { driver: 'fake' }, key);
      const second = await post('/hosts/compute1/discover', { driver: 'fake' }, key);
      expect([first.status, second.status]).toEqual([202, 202]);
      expect(second.json().id).toBe(first.json().id);
      const other = await post('/hosts/compute2/discover', undefined, key);
      expect(other.status).toBe(409);
      expect(problem(other).code).toBe('idempotency.reused');
    });

    it.each([
      [`/devices/${nobody}/ready`, undefined, 404, 'device.not_found'],
      [`/devices/${found}/enable`, undefined, 409, 'state.not_allowed'],
      ['/hosts/nowhere/discover', undefined, 404, 'host.not_found'],
      ['/hosts/compute1/discover', { driver: 'none' }, 404, 'driver.not_found'],
      ['/hosts/compute1/discover', { drivers: 'none' }, 400, 'request.invalid'],
      ['/hosts/compute1/discover?driver=fake', undefined, 400, 'request.invalid'],
      [`/devices/${opened}/ready`, { options: { count: 2 } }, 400, 'request.invalid'],
      [`/operations/${nobody}/cancel`, undefined, 404, 'operation.not_found'],
    ])('POST %s %j is %i %s', async (url, payload, status, code) => {
      const answer = await post(url, payload);
      expect(answer.status).toBe(status);
      expect(problem(answer).code).toBe(code);
    });

    it.each([
      ['{', { 'content-type': 'application/json' }, 400, 'request.invalid'],
      ['x', { 'content-type': 'text/plain' }, 415, 'request.media_type'],
      [`"${'x'.repeat(1_100_000)}"`, { 'content-type': 'application/json' }, 413, 'request.too_large'],
    ])('refuses the body %.5s', async (payload, headers, status, code) => {
      const answer = await post('/hosts/compute1/discover', payload, headers as Record<string, string>);
      expect(answer.status).toBe(status);
      expect(problem(answer).code).toBe(code);
    });

    it('closes and opens a device, if it is still as it was', async () => {
      const { etag } = (await get(`/devices/${opened}`)).headers;
      const closed = await post(`/devices/${opened}/disable`, undefined, { 'if-match': String(etag) });
      expect(closed.status).toBe(200);
      expect(Device.parse(closed.json()).state).toBe('disabled');
      const late = await post(`/devices/${opened}/enable`, undefined, { 'if-match': String(etag) });
      expect(late.status).toBe(412);
      expect(problem(late).code).toBe('version.changed');
      const now = await post(`/devices/${opened}/enable`, undefined, {
        'if-match': String(closed.headers.etag),
      });
      expect(now.json().state).toBe('ready');
    });

    it('cancels an operation and lists operations, newest first', async () => {
      const first = (await post('/hosts/compute3/discover')).json();
      const second = (await post('/hosts/compute3/discover', { driver: 'gpu' })).json();
      const answer = await post(`/operations/${first.id}/cancel`);
      expect(answer.status).toBe(202);
      expect(Operation.parse(answer.json()).id).toBe(first.id);
      const listed = await ids('/operations?host=compute3&verb=discover');
      expect(listed.slice(0, 2)).toEqual([second.id, first.id]);
      expect(await ids(`/operations?device=${elsewhere}`)).toEqual([]);
    });
  });

  describe('waiting', () => {
    const start = async () => Operation.parse((await post('/hosts/compute2/discover')).json()).id;
    const end = (id: Uuid) =>
      api.store.transaction(async (transaction) => {
        await transaction.operations.update(id, { state: 'succeeded', progress: 1, endedAt: api.clock.now });
      });

    it('answers an operation when it has ended', async () => {
      const id = await start();
      const answer = get(`/operations/${id}?wait=30`);
      await end(id);
      expect((await answer).json().state).toBe('succeeded');
    });

    it('answers it as it is when the time is up', async () =>
      expect((await get(`/operations/${await start()}?wait=1`)).json().state).toBe('pending'));

    it.each(['wait=61', 'wait=-1', 'wait=x'])('refuses %s', async (query) =>
      expect((await get(`/operations/${await start()}?${query}`)).status).toBe(400),
    );

    it('sends an operation at each change until its end', async () => {
      const id = await start();
      const answer = get(`/operations/${id}/watch`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await end(id);
      const { text, headers } = await answer;
      expect(headers['content-type']).toBe('text/event-stream');
      const frames = text.split('\n\n').filter((frame) => frame !== '');
      const states = frames.map((frame) => {
        const [event, number, data] = frame.split('\n');
        expect(event).toBe('event: operation');
        expect(number).toMatch(/^id: \d+$/);
        return Operation.parse(JSON.parse(data?.slice('data: '.length) ?? '')).state;
      });
      expect(states).toEqual(['pending', 'succeeded']);
    });
  });

  it('tells what has happened, from any point on', async () => {
    const { items, next } = z
      .object({ items: z.array(Event), next: z.int() })
      .parse((await get('/events')).json());
    expect(items.length).toBeGreaterThan(1);
    expect(next).toBe(items.at(-1)?.id);
    const [first] = items;
    expect((await get(`/events?after=${first?.id}&limit=1`)).json().items).toEqual(items.slice(1, 2));
    expect((await get(`/events?after=${next}`)).json()).toEqual({ items: [], next });
    const ofDevice = (await get(`/events?subject=${found}&type=device.*`)).json().items;
    expect(ofDevice).not.toEqual([]);
  });
});
