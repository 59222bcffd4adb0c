import { randomUUID } from 'node:crypto';
import { DeviceProfile, Diagnosis, FlavorFit, FlavorProposal, Uuid } from '@cyborgjs/core';
import { createSession, noAuth } from '@cyborgjs/openstack-session';
import { createPlacement } from '@cyborgjs/placement-client';
import { startPlacementDouble } from '@cyborgjs/placement-client/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPlacementView } from '../../compose-placement-view.ts';
import { aDevice, putDevice, startTestApi, type TestApi } from '../test-api.ts';

describe('/v3/flavors and /v3/device-profiles', () => {
  let api: TestApi;
  const get = async (url: string) => (await api.call({ url: `/v3${url}` })).json();
  const post = (url: string, payload: object) => api.call({ method: 'POST', url: `/v3${url}`, payload });
  beforeAll(async () => {
    api = await startTestApi();
    await putDevice(api, aDevice({ id: Uuid.parse(randomUUID()) }));
  });
  afterAll(() => api.close());

  it('proposals have what their schema says, and can be made as they are', async () => {
    const { items } = await get('/flavors');
    expect(items.map((item: unknown) => FlavorProposal.parse(item))).toEqual(items);
    expect(items).toMatchObject([
      { name: 'fpga', total: 16, closed: 0, fit: { servers: 16, countedBy: 'inventory' }, existing: null },
    ]);
    const [{ name, description, groups }] = items;
    const made = await post('/device-profiles', { name, description, groups });
    expect(made.status).toBe(201);
    expect(DeviceProfile.parse(made.json())).toEqual(made.json());
    expect((await get('/flavors')).items).toMatchObject([{ name: 'fpga', existing: 'fpga' }]);
  });

  it('a profile that is asked for again is the one that is there; another of its name is refused', async () => {
    const profile = { name: 'twice', groups: [{ 'resources:FPGA': '1' }] };
    expect((await post('/device-profiles', profile)).status).toBe(201);
    expect((await post('/device-profiles', profile)).status).toBe(200);
    const other = await post('/device-profiles', { ...profile, groups: [{ 'resources:FPGA': '2' }] });
    expect([other.status, other.json().code]).toEqual([409, 'device_profile.exists']);
    expect((await get('/device-profiles/twice')).groups).toEqual(profile.groups);
    const gone = await api.call({ method: 'DELETE', url: '/v3/device-profiles/twice' });
    expect([gone.status, gone.text]).toEqual([204, '']);
    expect((await api.call({ url: '/v3/device-profiles/twice' })).json().code).toBe(
      'device_profile.not_found',
    );
  });

  it.each([
    [{ groups: [{ 'resources:VCPU': '1' }] }, 'Unsupported resource class VCPU'],
    [{ groups: [{ 'trait:HW_X': 'required' }] }, 'should start with CUSTOM_'],
    [{ groups: [] }, 'groups'],
    [{}, 'groups'],
  ])('fits refuse %j', async (body, text) => {
    const answer = await post('/flavors/fit', body);
    expect([answer.status, answer.json().code]).toEqual([400, 'request.invalid']);
    expect(answer.json().detail).toContain(text);
  });

  it.each(['units=0', 'units=17', 'units=x', 'hotplug=maybe', 'kind=TOASTER', 'limit=3'])(
    'proposals refuse ?%s',
    async (query) => expect((await api.call({ url: `/v3/flavors?${query}` })).status).toBe(400),
  );

  it('are for those who may see devices, and profiles for readers', async () => {
    expect((await api.call({ url: '/v3/flavors', as: 'reader' })).status).toBe(403);
    expect((await api.call({ url: '/v3/device-profiles', as: 'reader' })).status).toBe(200);
    const refused = await api.call({
      method: 'POST',
      url: '/v3/device-profiles',
      as: 'reader',
      payload: { name: 'x', groups: [{ 'resources:FPGA': '1' }] },
    });
    expect(refused.status).toBe(403);
  });
});

describe('a flavor fits', () => {
  it('as many servers as Placement has candidates for; when it is away our own count, and why', async () => {
    const double = await startPlacementDouble();
    const session = createSession({
      auth: noAuth({ endpoint: double.url }),
      timeoutMs: 2000,
    });
    const placement = createPlacement(session);
    const api = await startTestApi({}, { placement: createPlacementView(placement) });
    await putDevice(api, aDevice({ id: Uuid.parse(randomUUID()) }));
    const fit = async (group: Record<string, string>) => {
      const payload = { groups: [group] };
      const answer = await api.call({ method: 'POST', url: '/v3/flavors/fit', payload });
      return FlavorFit.parse(answer.json());
    };
    const [root, card] = [randomUUID(), randomUUID()];
    await placement.resourceProviders.create({ uuid: root, name: root });
    await placement.resourceProviders.create({ uuid: card, name: card, parent_provider_uuid: root });
    await placement.traits.ensure('CUSTOM_FAKE_DEVICE');
    const { resource_provider_generation: generation } = await placement.inventories.get(card);
    await placement.inventories.replace(card, {
      resource_provider_generation: generation,
      inventories: { FPGA: { total: 8, reserved: 3 } },
    });
    expect(await fit({ 'resources:FPGA': '2' })).toEqual({ servers: 2, countedBy: 'placement', note: null });
    expect((await fit({ 'resources:FPGA': '1', 'trait:CUSTOM_NEVER_SEEN': 'required' })).servers).toBe(0);

    await double.close();
    expect(await fit({ 'resources:FPGA': '1' })).toEqual({
      servers: 16,
      countedBy: 'inventory',
      note: expect.stringContaining('Placement did not say: '),
    });
    await session.close();
    await api.close();
  }, 30_000);
});

describe('/v3/diagnosis', () => {
  it('says who calls, what they may not do, and how others answer', async () => {
    const peers = [
      { name: 'placement', address: 'http://p', check: async () => 'answers' },
      { name: 'nova', address: 'http://n', check: () => Promise.reject(new Error('connection refused')) },
    ] as const;
    const api = await startTestApi({}, { peers });
    const answer = await api.call({ url: '/v3/diagnosis', as: 'reader' });
    const { caller, peers: found, ...rest } = Diagnosis.parse(answer.json());
    expect(rest).toEqual({ version: '1.2.3', now: new Date(api.clock.now).toISOString(), autoReady: [] });
    expect(caller).toMatchObject({ user: 'reader', roles: ['reader'] });
    expect(caller.refused).toContain('cyborg:device:install');
    expect(caller.refused).not.toContain('cyborg:device_profile:get_all');
    expect(found).toEqual([
      { name: 'placement', address: 'http://p', usable: true, found: 'answers' },
      { name: 'nova', address: 'http://n', usable: false, found: 'connection refused' },
    ]);
    expect((await api.call({ url: '/v3/diagnosis', as: null })).status).toBe(401);
    await api.close();
  });
});
