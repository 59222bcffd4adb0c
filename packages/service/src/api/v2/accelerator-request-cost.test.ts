import { randomUUID } from 'node:crypto';
import { Uuid } from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, aDevice, putDevice, startTestApi, type TestApi } from '../test-api.ts';

const provider = Uuid.parse(randomUUID());
const vouched = { 'x-service-token': 'service', 'content-type': 'application/json' };

/**
 * Statements sent to SQLite for one request; what begins and ends transactions is not among them. The others are sent
 * one more for a deletion and two for a bind, which hold what a transaction of SQLite has anyway.
 */
describe.each([10, 500])('what accelerator requests cost beside %i others', (others) => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
    await putDevice(api, aDevice());
    await api.store.transaction(({ deployables }) =>
      deployables.setProviders('compute1', new Map([['FakeDevice', provider]])),
    );
    await profile('one', 1);
    await profile('eight', 8);
    await profile('many', others);
    await create('many');
  });
  afterAll(() => api.close());

  const send = (method: 'POST' | 'PATCH', url: string, body: unknown) =>
    api.call({ method, url, headers: vouched, payload: JSON.stringify(body) });
  const profile = (name: string, count: number) =>
    send('POST', '/v2/device_profiles', [{ name, groups: [{ 'resources:FPGA': String(count) }] }]);
  const create = (name: string) => send('POST', '/v2/accelerator_requests', { device_profile_name: name });
  const idsIn = (answer: Answer) => (answer.json().arqs as { uuid: string }[]).map(({ uuid }) => uuid);

  function bind(ids: readonly string[], instance: string): Promise<Answer> {
    const operations = [
      { path: '/hostname', op: 'add', value: 'compute1' },
      { path: '/device_rp_uuid', op: 'add', value: provider },
      { path: '/instance_uuid', op: 'add', value: instance },
    ];
    return send('PATCH', '/v2/accelerator_requests', Object.fromEntries(ids.map((id) => [id, operations])));
  }

  async function costOf(work: () => Promise<Answer>): Promise<number> {
    const before = api.statements.length;
    expect((await work()).status).toBeLessThan(300);
    return api.statements.length - before;
  }

  it.each([1, 8])('is the same each time, for %i at once', async (count) => {
    const name = count === 1 ? 'one' : 'eight';
    const instance = randomUUID();
    let ids: string[] = [];
    const creating = await costOf(async () => {
      const made = await create(name);
      ids = idsIn(made);
      return made;
    });
    const [first = ''] = ids;
    const url = '/v2/accelerator_requests';
    expect({
      creating,
      binding: await costOf(() => bind(ids, instance)),
      showing: await costOf(() => api.call({ url: `${url}/${first}` })),
      listingOfServer: await costOf(() => api.call({ url: `${url}?instance=${instance}` })),
      listingAll: await costOf(() => api.call({ url })),
      deletingOfServer: await costOf(() =>
        api.call({
          method: 'DELETE',
          url: `${url}?instance=${instance}`,
          headers: { 'x-service-token': 'service' },
        }),
      ),
    }).toEqual({
      // One for the quotas of the project, and one, as in each change, for the record of who asked.
      creating: 5,
      // One for each handle that is taken.
      binding: 7 + count,
      showing: 1,
      listingOfServer: 1,
      listingAll: 1,
      deletingOfServer: 5,
    });
  });
});
