import { randomUUID } from 'node:crypto';
import { Attachment, Problem, pageOf, Uuid } from '@cyborgjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDevice, putDevice, startTestApi, type TestApi } from '../test-api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
  await putDevice(api, aDevice());
});
afterEach(() => api.close());

const wanted = { consumer: { type: 'host', id: 'vm-1' }, resourceClass: 'FPGA' };
const create = (payload: object = wanted, headers: Record<string, string> = {}) =>
  api.call({ method: 'POST', url: '/v3/attachments', payload, headers });
const get = (path: string, as: 'admin' | 'manager' = 'admin') =>
  api.call({ url: `/v3/attachments${path}`, as });

describe('/v3/attachments', () => {
  it('makes one: 202, where to follow it, and its ETag', async () => {
    const answer = await create();
    expect(answer.status).toBe(202);
    const made = Attachment.parse(answer.json());
    expect(made).toMatchObject({
      state: 'attaching',
      host: 'compute1',
      requestedBy: 'admin',
      projectId: 'p1',
    });
    expect(answer.headers).toMatchObject({
      location: `/v3/attachments/${made.id}`,
      etag: expect.stringMatching(/^"\d+"$/),
    });
    expect((await get(`/${made.id}`)).json()).toEqual(answer.json());
  });

  it('makes one for one key', async () => {
    const key = { 'idempotency-key': 'k' };
    const first = (await create(wanted, key)).json();
    expect((await create(wanted, key)).json().id).toBe(first.id);
    expect((await create({ ...wanted, hotplug: true }, key)).json()).toMatchObject({
      code: 'idempotency.reused',
      status: 409,
    });
  });

  it.each([
    [{ consumer: wanted.consumer }, 'say one of deviceProfile'],
    [{ ...wanted, deployable: randomUUID() }, 'say one of deviceProfile'],
    [{ ...wanted, group: 1 }, 'say deviceProfile too'],
    [{ ...wanted, consumer: { type: 'vm', id: 'x' } }, 'consumer.type'],
    [{ ...wanted, resourceClass: 'fpga' }, 'resourceClass'],
    [{ ...wanted, colour: 'red' }, 'colour'],
  ])('refuses %j', async (payload, text) => {
    const answer = await create(payload);
    expect(answer.status).toBe(400);
    expect(Problem.parse(answer.json()).detail).toContain(text);
  });

  it('lists by state, consumer and host, in pages', async () => {
    const first = (await create()).json().id;
    const other = { ...wanted, consumer: { type: 'container', id: 'web' } };
    const second = (await create(other)).json().id;
    const ids = async (query: string) =>
      pageOf(Attachment)
        .parse((await get(query)).json())
        .items.map(({ id }) => id);
    expect(await ids('?consumer=web')).toEqual([second]);
    expect(await ids('?consumerType=host')).toEqual([first]);
    expect(await ids('?state=attached')).toEqual([]);
    expect(await ids('?host=compute1&limit=1')).toEqual([first]);
    expect(await ids(`?marker=${first}`)).toEqual([second]);
    expect((await get('?colour=red')).status).toBe(400);
  });

  it('takes one back, if it is still as it was, and says how', async () => {
    const made = await create();
    const url = `/v3/attachments/${made.json().id}`;
    const stale = await api.call({ method: 'DELETE', url, headers: { 'if-match': '"999"' } });
    expect(stale.status).toBe(412);
    const forced = await api.call({ method: 'DELETE', url: `${url}?force=true` });
    expect(forced.status).toBe(202);
    expect(forced.json()).toMatchObject({ state: 'detaching', release: 'force' });
  });

  it('shows and gives nothing of another project, but to administrators', async () => {
    const { id } = (await create()).json();
    const foreign = await api.store.transaction(async (transaction) => {
      const own = await transaction.attachments.get(id);
      const theirs = Uuid.parse(randomUUID());
      await transaction.attachments.insert({ ...own, id: theirs, projectId: 'p2' });
      return theirs;
    });
    expect((await get(`/${foreign}`, 'manager')).status).toBe(404);
    expect((await get('', 'manager')).json().items).toHaveLength(1);
    expect((await get('')).json().items).toHaveLength(2);
    const url = `/v3/attachments/${foreign}`;
    expect((await api.call({ method: 'DELETE', url, as: 'manager' })).status).toBe(404);
    expect((await get(`/${randomUUID()}`)).json().code).toBe('attachment.not_found');
  });

  it.each([
    ['GET', '/v3/attachments', ['admin', 'manager', 'member', 'reader']],
    ['POST', '/v3/attachments', ['admin', 'manager']],
    ['DELETE', `/v3/attachments/${randomUUID()}`, ['admin', 'manager']],
  ] as const)('%s %s is for %j', async (method, url, allowed) => {
    for (const as of ['admin', 'manager', 'member', 'reader', 'service'] as const) {
      const { status } = await api.call({
        method,
        url,
        as,
        ...(method === 'POST' ? { payload: wanted } : {}),
      });
      expect(status === 403, as).toBe(!(allowed as readonly string[]).includes(as));
    }
  });
});
