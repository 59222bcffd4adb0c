import { randomUUID } from 'node:crypto';
import { Uuid } from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { suiteName, type TestDatabase, testDatabases } from '../../../test/test-store.ts';
import { type Answer, aDevice, putDevice, startTestApi, type TestApi } from '../test-api.ts';

const provider = Uuid.parse(randomUUID());
const vouched = { 'x-service-token': 'service', 'content-type': 'application/json' };

describe.each(testDatabases)('on $kind', (database) => {
  for (const others of [10, 500])
    describe.skipIf(database.missing !== undefined)(
      suiteName(`what accelerator requests cost beside ${others} others`, database),
      () => costs(database, others),
    );
});

/** Statements sent to the database for one request; what begins and ends transactions is not among them. */
function costs(database: TestDatabase, others: number): void {
  // A transaction of SQLite holds everything anyway; PostgreSQL holds requests by a statement of their own.
  const hostHeld = database.kind === 'sqlite' ? 0 : 1;
  const requestsHeld = database.kind === 'postgresql' ? 1 : 0;
  let api: TestApi;
  let drop: () => Promise<void> = async () => {};
  beforeAll(async () => {
    const made = await database.create();
    drop = made.drop;
    api = await startTestApi({}, {}, made.target);
    await putDevice(api, aDevice());
    await api.store.transaction(({ deployables }) =>
      deployables.setProviders('compute1', new Map([['FakeDevice', provider]])),
    );
    await profile('one', 1);
    await profile('eight', 8);
    await profile('many', others);
    await create('many');
  });
  afterAll(async () => {
    await api.close();
    await drop();
  });

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
      // One of them, as in each change, for the record of who asked.
      creating: 4,
      binding: 7 + hostHeld + requestsHeld,
      showing: 1,
      listingOfServer: 1,
      listingAll: 1,
      deletingOfServer: 5 + requestsHeld,
    });
  });
}
