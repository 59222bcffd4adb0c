import { describe, expect, it } from 'vitest';
import { routerRefusal } from './router-refusal.ts';

const id = '00000000-0000-0000-0000-000000000001';

describe('routerRefusal', () => {
  it.each([
    ['POST', '/', 'GET'],
    ['DELETE', '/v2', 'GET'],
    ['PUT', '/v2/devices', 'GET'],
    ['PATCH', `/v2/devices/${id}`, 'GET'],
    ['POST', `/v2/devices/${id}/explode`, 'GET'],
    ['PUT', '/v2/device_profiles', 'DELETE, GET, POST'],
    ['PATCH', `/v2/attributes/${id}`, 'DELETE, GET, POST'],
  ])('%s %s is 405, allowing %s', (method, path, allow) =>
    expect(routerRefusal(method, path)).toMatchObject({
      code: 'route.method_not_allowed',
      details: { allow },
    }),
  );

  it.each([
    ['GET', '/v1'],
    ['GET', '/v2/nonexistent'],
    ['POST', '/v2/nonexistent'],
    ['PATCH', '/v2/devices'],
    ['GET', `/v2/devices/${id}/enable`],
    ['GET', `/v2/deployables/${id}/program`],
    ['GET', '/devices'],
  ])('%s %s is 404', (method, path) =>
    expect(routerRefusal(method, path)).toMatchObject({ code: 'route.not_found' }),
  );
});
