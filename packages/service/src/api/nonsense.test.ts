import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDevice, personas, putDevice, startTestApi, type TestApi } from './test-api.ts';

const words = fc.oneof(
  fc.constantFrom(
    ...[
      'v2',
      'v3',
      'accelerator',
      'devices',
      'device_profiles',
      'deployables',
      'attributes',
      'hosts',
      'operations',
    ],
    ...[
      'events',
      'enable',
      'ready',
      'discover',
      'cancel',
      '00000000-0000-0000-0000-000000000001',
      'compute1',
      'x.json',
    ],
    ...['', '.', '..', '%00', '%ff', '%', ':id', '*', '__proto__', 'a'.repeat(300)],
  ),
  fc.string({ maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
);
const names = fc.constantFrom(
  ...[
    'limit',
    'marker',
    'name',
    'value',
    'type',
    'wait',
    'after',
    'filters.field',
    'filters[0].value',
    'deployable_id',
  ],
  ...['q', 'state', '__proto__', 'constructor', '%5B%5D'],
);
const query = fc.array(fc.tuple(names, words), { maxLength: 3 });
const body = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.string({ maxLength: 40 }),
  fc
    .jsonValue()
    .map((value) => JSON.stringify([{ name: 'n', groups: [value], description: value, uuid: value }])),
  fc.constantFrom(
    '',
    '{"__proto__": {"a": 1}}',
    '[{"name": "x", "groups": [{"__proto__": "1"}]}]',
    '['.repeat(5000),
  ),
);
const headers = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json',
      'text/plain',
      'application/json;;',
      'a/b',
      'multipart/form-data',
      '',
    ),
    accept: fc.constantFrom('*/*', 'application/json', ';;,', 'text/html'),
    'openstack-api-version': fc.constantFrom('accelerator 2.3', 'latest', ',', 'accelerator', 'a b c'),
    'idempotency-key': fc.constantFrom('k', '', 'x'.repeat(300)),
    'if-match': fc.constantFrom('*', '"1"', 'W/"1"', '"'),
    authorization: fc.constantFrom('Bearer', 'Bearer admin', 'Basic x'),
  },
  { requiredKeys: [] },
);
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'),
  path: fc.array(words, { maxLength: 5 }),
  query,
  headers,
  payload: fc.option(body, { nil: undefined }),
  as: fc.constantFrom('admin', null, ...personas),
});

describe('nonsense', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({ requestsPerMinute: 1_000_000 });
    await putDevice(api, aDevice());
  });
  afterAll(() => api.close());

  it('is never answered with a 5xx, and always with a request id and a body that can be read', async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ path, query, payload, ...rest }) => {
        const url = `/${path.join('/')}?${query.map((pair) => pair.join('=')).join('&')}`;
        const patience = url.includes('wait=') ? url.replaceAll('wait=', 'q=') : url;
        const answer = await api.call({ ...rest, url: patience, ...(payload !== undefined && { payload }) });
        expect(answer.status, patience).toBeLessThan(500);
        if (rest.method === 'OPTIONS') return;
        expect(answer.headers).toHaveProperty('x-openstack-request-id');
        if (answer.text !== '' && String(answer.headers['content-type']).includes('json')) answer.json();
      }),
      { numRuns: 400 },
    );
  });

  it('is refused where it is a list without end: types of events', async () => {
    const url = `/v3/events?type=${Array.from({ length: 1_200 }, (_, index) => `a.${index}`).join(',')}`;
    const answer = await api.call({ url });
    expect(answer.status).toBe(400);
    expect(answer.json().detail).toContain('at most 50 types');
    expect((await api.call({ url: `/v3/events?type=${'device.*,'.repeat(49)}a` })).status).toBe(200);
  });

  it.each(['uuid', 'name', 'description', 'groups'])('nested without end is refused: %s', async (member) => {
    const depth = 400_000;
    const payload = `[{"name": "deep", "groups": [{}], "${member}": ${'['.repeat(depth)}${']'.repeat(depth)}}]`;
    const answer = await api.call({
      method: 'POST',
      url: '/v2/device_profiles',
      headers: { 'content-type': 'application/json' },
      payload,
    });
    expect(answer.status).toBe(400);
  });
});
