import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PlacementDouble, startPlacementDouble } from './placement-double.ts';

let double: PlacementDouble;
beforeEach(async () => {
  double = await startPlacementDouble({ now: () => Date.UTC(2026, 0, 1) });
});
afterEach(() => double.close());

const headers = { 'x-auth-token': 'admin', 'openstack-api-version': 'placement 1.39' };
const get = (path: string, more: Record<string, string> = {}) =>
  fetch(double.url + path, { headers: { ...headers, ...more } });

describe('double of Placement', () => {
  it('tells its versions to anybody, and the rest to admins and services', async () => {
    const versions = await (await fetch(double.url)).json();
    expect(versions).toMatchObject({ versions: [{ min_version: '1.0', max_version: '1.39' }] });
    expect((await fetch(`${double.url}/traits`)).status).toBe(401);
    expect((await get('/traits', { 'x-auth-token': 'somebody' })).status).toBe(403);
    expect((await get('/traits', { 'x-auth-token': 'somebody', 'x-roles': 'service' })).status).toBe(200);
  });

  it('answers as an HTTP server should: versions, types, methods, addresses', async () => {
    const put = (body: string, type: string) =>
      fetch(`${double.url}/resource_providers/x/traits`, {
        method: 'PUT',
        body,
        headers: { ...headers, 'content-type': type },
      });
    expect((await put('{}', 'text/plain')).status).toBe(415);
    expect((await put('{', 'application/json')).status).toBe(400);
    expect((await get('/nothing')).status).toBe(404);
    const wrongMethod = await fetch(`${double.url}/traits`, { method: 'DELETE', headers });
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'GET']);
    const tooNew = await get('/traits', { 'openstack-api-version': 'placement 1.99' });
    expect(await tooNew.json()).toMatchObject({ errors: [{ max_version: '1.39', min_version: '1.0' }] });
    const latest = await get('/traits', { 'openstack-api-version': 'placement latest' });
    expect(latest.headers.get('openstack-api-version')).toBe('placement 1.39');
    expect(latest.headers.get('last-modified')).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
  });

  it('makes the trouble that it was told to, once and only where it fits', async () => {
    double.failNext({ status: 503, headers: { 'retry-after': '1' } }, { path: /^\/resource_classes/ });
    double.dropReplyNext({ method: 'PUT' });
    double.dropRequestNext({ method: 'PUT' });
    expect((await get('/traits')).status).toBe(200);
    const failed = await get('/resource_classes');
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await get('/resource_classes')).status).toBe(200);
    const ensure = (name: string) => fetch(`${double.url}/traits/${name}`, { method: 'PUT', headers });
    await expect(ensure('CUSTOM_DONE')).rejects.toThrow();
    await expect(ensure('CUSTOM_NOT_DONE')).rejects.toThrow();
    expect((await ensure('CUSTOM_DONE')).status).toBe(204);
    expect((await ensure('CUSTOM_NOT_DONE')).status).toBe(201);
    expect(double.requests.map(({ status }) => status)).toEqual([
      200,
      503,
      200,
      undefined,
      undefined,
      204,
      201,
    ]);
  });

  it('lets every request be intercepted and delayed, and forgets all on reset', async () => {
    const begin = performance.now();
    double.intercept((_request, index) => (index === 0 ? { kind: 'delay', ms: 30 } : undefined));
    await fetch(`${double.url}/traits/CUSTOM_A`, { method: 'PUT', headers });
    expect(performance.now() - begin).toBeGreaterThanOrEqual(25);
    double.reset();
    expect(double.requests).toEqual([]);
    expect((await get('/traits/CUSTOM_A')).status).toBe(404);
    expect((await get('/traits/HW_GPU_API_VULKAN')).status).toBe(204);
  });
});
