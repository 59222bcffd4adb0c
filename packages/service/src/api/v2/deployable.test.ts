import { randomUUID } from 'node:crypto';
import { Uuid } from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDevice, faultOf, putDevice, startTestApi, type TestApi } from '../test-api.ts';

const nobody = '00000000-0000-0000-0000-000000000001';
const deployable = Uuid.parse(randomUUID());
const uuids = (items: { uuid: string }[]) => items.map(({ uuid }) => uuid);

describe('/v2/deployables', () => {
  let api: TestApi;
  const get = (url: string, headers = {}) => api.call({ url, headers });

  beforeAll(async () => {
    api = await startTestApi();
    await putDevice(api, aDevice(), deployable);
    await putDevice(api, aDevice({ host: 'compute2' }));
  });
  afterAll(() => api.close());

  it('lists them under the names of their providers', async () => {
    const { deployables } = (await get('/v2/deployables')).json();
    expect(deployables).toMatchObject([
      {
        uuid: deployable,
        name: 'compute1_FakeDevice',
        num_accelerators: 16,
        rp_uuid: null,
        driver_name: 'fake',
      },
      { name: 'compute2_FakeDevice' },
    ]);
  });

  it('filters by that name', async () => {
    const query = 'filters.field=name&filters.value=compute1_FakeDevice';
    expect(uuids((await get(`/v2/deployables?${query}`)).json().deployables)).toEqual([deployable]);
  });

  it('takes no other arguments', async () => expect((await get('/v2/deployables?name=x')).status).toBe(400));

  it.each([
    [nobody, 404, `Deployable not found with uuid=${nobody}`],
    ['nope', 400, "Invalid input for field/attribute uuid. Value: 'nope'."],
  ])('does not show %s', async (id, status, text) => {
    const answer = await get(`/v2/deployables/${id}`);
    expect(answer.status).toBe(status);
    expect(faultOf(answer).faultstring).toContain(text);
  });
});
