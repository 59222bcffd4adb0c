import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestApi, type TestApi } from '../test-api.ts';

const url = '/v2/accelerator_requests';

describe('lists of everything', () => {
  let api: TestApi;
  /** Reads that are under way, to be ended one by one. */
  let underWay: PromiseWithResolvers<[]>[];
  beforeEach(async () => {
    api = await startTestApi();
    underWay = [];
    vi.spyOn(api.store.acceleratorRequests, 'list').mockImplementation((query) => {
      if (query?.instanceId !== undefined) return Promise.resolve([]);
      const read = Promise.withResolvers<[]>();
      underWay.push(read);
      return read.promise;
    });
  });
  afterEach(() => api.close());

  it('are read four at a time, and each is answered, also after one that failed', async () => {
    const answers = Promise.all(Array.from({ length: 6 }, () => api.call({ url })));
    await vi.waitFor(() => expect(underWay).toHaveLength(4));
    // Those of a server do not wait for them.
    expect((await api.call({ url: `${url}?instance=${randomUUID()}` })).json()).toEqual({ arqs: [] });
    expect(underWay).toHaveLength(4);

    underWay[0]?.reject(new Error('the database was away'));
    await vi.waitFor(() => expect(underWay).toHaveLength(5));
    underWay[1]?.resolve([]);
    await vi.waitFor(() => expect(underWay).toHaveLength(6));
    for (const read of underWay) read.resolve([]);
    expect((await answers).map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 500]);
  });
});
