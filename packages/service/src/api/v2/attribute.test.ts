import { randomUUID } from 'node:crypto';
import { Uuid } from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDevice, faultOf, putDevice, startTestApi, type TestApi } from '../test-api.ts';

const nobody = '00000000-0000-0000-0000-000000000001';
const deployable = Uuid.parse(randomUUID());
const json = { 'content-type': 'application/json' };

describe('/v2/attributes', () => {
  let api: TestApi;
  const get = (url: string, headers = {}) => api.call({ url, headers });
  const post = (url: string, payload?: string | object, headers: Record<string, string> = json) =>
    api.call({ method: 'POST', url, headers, ...(payload !== undefined && { payload }) });
  const remove = (url: string) => api.call({ method: 'DELETE', url });

  beforeAll(async () => {
    api = await startTestApi();
    await putDevice(api, aDevice(), deployable);
    await putDevice(api, aDevice({ host: 'compute2' }));
  });
  afterAll(() => api.close());

  const numberOf = async (id: string) => {
    const { items } = await api.store.deployables.list();
    return items.find((item) => item.id === id)?.number ?? 0;
  };

  it('filters by deployable and key', async () => {
    const number = await numberOf(deployable);
    const { attributes } = (await get(`/v2/attributes?deployable_id=${number}&key=rc`)).json();
    expect(attributes).toMatchObject([{ deployable_id: number, key: 'rc', value: 'FPGA', updated_at: null }]);
    expect((await get(`/v2/attributes/${attributes[0].uuid}`)).json()).toEqual(attributes[0]);
  });

  it('takes 0 and an empty key for no filter', async () =>
    expect((await get('/v2/attributes?deployable_id=0&key=')).json().attributes).toHaveLength(4));

  it('refuses a deployable_id that is no number', async () =>
    expect(faultOf(await get('/v2/attributes?deployable_id=x')).faultstring).toContain(
      'invalid literal for int()',
    ));

  it.each([
    [nobody, 404, `Attribute not found with uuid=${nobody}`],
    ['nope', 400, "Invalid input for field/attribute uuid. Value: 'nope'."],
  ])('does not show %s', async (id, status, text) => {
    const answer = await get(`/v2/attributes/${id}`);
    expect(answer.status).toBe(status);
    expect(faultOf(answer).faultstring).toContain(text);
  });

  it.each([false, true])('adds one and removes it (in an envelope: %s)', async (inEnvelope) => {
    const attribute = { deployable_id: await numberOf(deployable), key: 'traitg', value: 'CUSTOM_GOLDEN' };
    const added = await post('/v2/attributes', inEnvelope ? { attribute } : { ...attribute, colour: 'red' });
    expect(added.status).toBe(201);
    expect(added.json()).toMatchObject(attribute);
    const url = `/v2/attributes/${added.json().uuid}`;
    expect((await remove(url)).status).toBe(204);
    expect((await remove(url)).status).toBe(404);
  });

  it('does not add one to a deployable that is not there', async () =>
    expect((await post('/v2/attributes', { deployable_id: 99999, key: 'x', value: 'y' })).status).toBe(404));

  it.each(['[]', '{}', 'null', '{"deployable_id": 1, "value": "y"}', '{"attribute": 3}'])(
    'does not add %s',
    async (payload) => expect((await post('/v2/attributes', payload)).status).toBe(400),
  );
});
