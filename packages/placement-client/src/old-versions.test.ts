import { isOpenStackError } from '@cyborgjs/openstack-session';
import { beforeEach, describe, expect, it } from 'vitest';
import { aName, aUuid, describeWithPlacement } from '../test/placement-peers.ts';
import { aClaim, aProvider, aProviderOfPgpu, generationOf } from '../test/provider-builders.ts';
import type { Microversion } from './microversion.ts';

// What the client makes of these shapes is told elsewhere; here is what goes over the wire.
describeWithPlacement('wire formats of every version', (bench) => {
  beforeEach(() => bench.server.forget());

  /** One request as it is sent, and status, body and some headers as they come. */
  async function say(
    version: Microversion,
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
  ) {
    const [pathname = '', search = ''] = path.split('?');
    const query: Record<string, string[]> = {};
    for (const [name, value] of new URLSearchParams(search)) query[name] = [...(query[name] ?? []), value];
    const headers = { 'openstack-api-version': `placement ${version}` };
    try {
      const answer = await bench.session.request({
        service: 'placement',
        method,
        path: pathname,
        query,
        headers,
        ...(body !== undefined && { body }),
      });
      return { status: answer.status, body: answer.body, headers: answer.headers };
    } catch (error) {
      if (!isOpenStackError(error)) throw error;
      return { status: error.status, body: error.body, headers: {} as Record<string, unknown> };
    }
  }

  it('have a provider in a body of its own from 1.20, with a parent from 1.14', async () => {
    const [uuid, name] = [aUuid(), aName('rp')];
    const made = await say('1.19', 'POST', '/resource_providers', { uuid, name });
    expect(made).toMatchObject({ status: 201, body: undefined });
    expect(made.headers.location).toMatch(new RegExp(`^http.*/resource_providers/${uuid}$`));
    const parent = { parent_provider_uuid: null };
    expect(await say('1.13', 'POST', '/resource_providers', { name: 'x', ...parent })).toMatchObject({
      status: 400,
    });
    const links = (rels: string[]) =>
      ['self', ...rels].map((rel) => ({
        rel,
        href: `/resource_providers/${uuid}${rel === 'self' ? '' : `/${rel}`}`,
      }));
    const plain = { uuid, name, generation: 0 };
    expect((await say('1.0', 'GET', `/resource_providers/${uuid}`)).body).toEqual({
      ...plain,
      links: links(['inventories', 'usages']),
    });
    expect((await say('1.13', 'GET', `/resource_providers?uuid=${uuid}`)).body).toEqual({
      resource_providers: [
        { ...plain, links: links(['inventories', 'usages', 'aggregates', 'traits', 'allocations']) },
      ],
    });
    expect((await say('1.14', 'GET', `/resource_providers/${uuid}`)).body).toMatchObject({
      ...parent,
      root_provider_uuid: uuid,
    });
  });

  it('let a provider find a parent once, and leave it from 1.37', async () => {
    const { uuid, name } = await aProvider(bench.placement);
    const [first, second] = [await aProvider(bench.placement), await aProvider(bench.placement)];
    const move = async (version: Microversion, parent: string | null) =>
      (await say(version, 'PUT', `/resource_providers/${uuid}`, { name, parent_provider_uuid: parent }))
        .status;
    expect(await move('1.13', first.uuid)).toBe(400);
    expect(await move('1.14', first.uuid)).toBe(200);
    expect(await move('1.36', first.uuid)).toBe(200);
    expect(await move('1.36', second.uuid)).toBe(400);
    expect(await move('1.36', null)).toBe(400);
    expect(await move('1.37', second.uuid)).toBe(200);
    expect(await move('1.37', null)).toBe(200);
  });

  it('filter providers by what their time knew', async () => {
    const { uuid } = await aProvider(bench.placement);
    const list = async (version: Microversion, query: string) =>
      (await say(version, 'GET', `/resource_providers?${query}`)).status;
    const since: [Microversion, Microversion, string][] = [
      ['1.2', '1.3', `member_of=${uuid}`],
      ['1.3', '1.4', 'resources=PGPU:1'],
      ['1.13', '1.14', `in_tree=${uuid}`],
      ['1.17', '1.18', 'required=HW_CPU_X86_VMX'],
      ['1.21', '1.22', 'required=!HW_CPU_X86_VMX'],
      ['1.23', '1.24', `member_of=${uuid}&member_of=${uuid}`],
      ['1.31', '1.32', `member_of=!${uuid}`],
      ['1.38', '1.39', 'required=in:HW_CPU_X86_VMX,HW_CPU_X86_SVM'],
    ];
    for (const [before, from, query] of since)
      expect([query, await list(before, query), await list(from, query)]).toEqual([query, 400, 200]);
    expect(await list('1.39', 'colour=blue')).toBe(400);
    expect(await list('1.39', 'required=in:')).toBe(400);
  });

  it('look at the last of several traits only, below 1.39', async () => {
    const { uuid } = await aProvider(bench.placement);
    const traits = ['HW_CPU_X86_VMX'];
    await bench.placement.providerTraits.replace(uuid, { resource_provider_generation: 0, traits });
    const found = async (version: Microversion) => {
      const query = `in_tree=${uuid}&required=HW_CPU_X86_SVM&required=HW_CPU_X86_VMX`;
      const { body } = await say(version, 'GET', `/resource_providers?${query}`);
      return (body as { resource_providers: unknown[] }).resource_providers.length;
    };
    expect([await found('1.38'), await found('1.39')]).toEqual([1, 0]);
  });

  it('know allocations as a list without an owner, with one, as a record, and guarded', async () => {
    const provider = await aProviderOfPgpu(bench.placement);
    const consumer = aUuid();
    const path = `/allocations/${consumer}`;
    const listed = { allocations: [{ resource_provider: { uuid: provider }, resources: { PGPU: 1 } }] };
    const owner = { project_id: 'project', user_id: 'user' };
    const record = { allocations: { [provider]: { resources: { PGPU: 2 } } }, ...owner };
    const put = async (version: Microversion, body: unknown) =>
      (await say(version, 'PUT', path, body)).status;
    expect(await put('1.7', { ...listed, ...owner })).toBe(400);
    expect(await put('1.7', { allocations: [] })).toBe(400);
    expect(await put('1.7', listed)).toBe(204);
    expect(await bench.placement.allocations.get(consumer)).toMatchObject({
      consumer_generation: 1,
      consumer_type: 'unknown',
      project_id: '00000000-0000-0000-0000-000000000000',
    });
    expect(await put('1.8', listed)).toBe(400);
    expect(await put('1.11', { ...listed, ...owner })).toBe(204);
    expect((await say('1.11', 'GET', path)).body).toEqual({
      allocations: {
        [provider]: { resources: { PGPU: 1 }, generation: await generationOf(bench.placement, provider) },
      },
    });
    expect(await put('1.12', { ...listed, ...owner })).toBe(400);
    expect(await put('1.27', { ...record, consumer_generation: 2 })).toBe(400);
    expect(await put('1.27', { ...record, allocations: {} })).toBe(400);
    expect(await put('1.27', record)).toBe(204);
    expect((await say('1.27', 'GET', path)).body).toEqual({ allocations: expect.anything(), ...owner });
    expect(await put('1.28', record)).toBe(400);
    expect(await put('1.28', { ...record, consumer_generation: 2 })).toBe(409);
    expect(await put('1.33', { ...record, consumer_generation: 3, mappings: { '': [provider] } })).toBe(400);
    expect(await put('1.34', { ...record, consumer_generation: 3, mappings: { '': [provider] } })).toBe(204);
    expect(await put('1.37', { ...record, consumer_generation: 4, consumer_type: 'INSTANCE' })).toBe(400);
    expect(await put('1.38', { ...record, consumer_generation: 4 })).toBe(400);
    expect(await put('1.38', { ...record, consumer_generation: 4, consumer_type: 'INSTANCE' })).toBe(204);
    // A type that was given once is not lost by who does not know of types.
    expect(await put('1.37', { ...record, consumer_generation: 5 })).toBe(204);
    expect(await bench.placement.allocations.get(consumer)).toMatchObject({ consumer_type: 'INSTANCE' });
    const { body } = await say('1.27', 'GET', `/resource_providers/${provider}/allocations`);
    expect(body).toMatchObject({ allocations: { [consumer]: { resources: { PGPU: 2 } } } });
    expect(JSON.stringify(body)).not.toContain('consumer_generation');
  });

  it('write several consumers from 1.13, where one may lose all it has', async () => {
    const provider = await aProviderOfPgpu(bench.placement);
    const [from, to] = [aUuid(), aUuid()];
    await bench.placement.allocations.replace(from, aClaim(provider, 4));
    const { consumer_generation: _, consumer_type: __, ...claim } = aClaim(provider, 4);
    const move = { [from]: { ...claim, allocations: {} }, [to]: claim };
    expect((await say('1.12', 'POST', '/allocations', move)).status).toBe(404);
    expect((await say('1.27', 'POST', '/allocations', {})).status).toBe(400);
    expect((await say('1.13', 'POST', '/allocations', move)).status).toBe(204);
    expect((await bench.placement.allocations.get(from)).allocations).toEqual({});
    expect((await bench.placement.allocations.get(to)).allocations).toMatchObject(claim.allocations);
  });

  it('count what a project uses, by type from 1.38', async () => {
    const provider = await aProviderOfPgpu(bench.placement);
    const project_id = aUuid();
    await bench.placement.allocations.replace(aUuid(), { ...aClaim(provider, 1), project_id });
    const { consumer_type: _, ...untyped } = { ...aClaim(provider, 2), project_id };
    await say('1.37', 'PUT', `/allocations/${aUuid()}`, untyped);
    const usages = async (version: Microversion, more = '') => {
      const { body } = await say(version, 'GET', `/usages?project_id=${project_id}${more}`);
      return (body as { usages: unknown }).usages;
    };
    const instance = { PGPU: 1, consumer_count: 1 };
    const unknown = { PGPU: 2, consumer_count: 1 };
    expect((await say('1.8', 'GET', `/usages?project_id=${project_id}`)).status).toBe(404);
    expect(await usages('1.9')).toEqual({ PGPU: 3 });
    expect(await usages('1.38')).toEqual({ INSTANCE: instance, unknown });
    expect(await usages('1.38', '&consumer_type=INSTANCE')).toEqual({ INSTANCE: instance });
    expect(await usages('1.38', '&consumer_type=unknown')).toEqual({ unknown });
    expect(await usages('1.38', '&consumer_type=all')).toEqual({ all: { PGPU: 3, consumer_count: 2 } });
    expect(await usages('1.38', '&user_id=nobody')).toEqual({});
  });

  it('rename resource classes up to 1.6 with all that is of them, and make them from 1.7', async () => {
    const [from, to, other] = [aName('CUSTOM_FROM'), aName('CUSTOM_TO'), aName('CUSTOM_OTHER')];
    expect((await say('1.1', 'GET', '/resource_classes')).status).toBe(404);
    const made = await say('1.2', 'POST', '/resource_classes', { name: from });
    expect([made.status, made.headers.location]).toEqual([
      201,
      expect.stringContaining(`/resource_classes/${from}`),
    ]);
    expect((await say('1.2', 'POST', '/resource_classes', { name: from })).status).toBe(409);
    expect((await say('1.2', 'POST', '/resource_classes', { name: 'PLAIN' })).status).toBe(400);
    const { uuid } = await aProvider(bench.placement);
    const inventories = { [from]: { total: 3 } };
    await bench.placement.inventories.replace(uuid, { resource_provider_generation: 0, inventories });
    const renamed = await say('1.6', 'PUT', `/resource_classes/${from}`, { name: to });
    expect(renamed).toMatchObject({
      status: 200,
      body: { name: to, links: [{ rel: 'self', href: `/resource_classes/${to}` }] },
    });
    expect((await bench.placement.inventories.get(uuid)).inventories).toMatchObject({ [to]: { total: 3 } });
    expect((await say('1.7', 'PUT', `/resource_classes/${other}`)).status).toBe(201);
    expect((await say('1.7', 'PUT', `/resource_classes/${other}`)).status).toBe(204);
    expect((await say('1.6', 'PUT', `/resource_classes/${other}`, { name: to })).status).toBe(409);
    expect((await say('1.6', 'PUT', `/resource_classes/${from}`, { name: aName('CUSTOM_X') })).status).toBe(
      404,
    );
    expect((await say('1.6', 'PUT', '/resource_classes/PGPU', { name: aName('CUSTOM_X') })).status).toBe(400);
  });

  it('have traits from 1.6, aggregates from 1.1, the reshaper from 1.30, and reserve all from 1.26', async () => {
    const { uuid } = await aProvider(bench.placement);
    expect((await say('1.5', 'GET', '/traits')).status).toBe(404);
    expect((await say('1.5', 'GET', `/resource_providers/${uuid}/traits`)).status).toBe(404);
    expect((await say('1.4', 'DELETE', `/resource_providers/${uuid}/inventories`)).status).toBe(405);
    expect((await say('1.29', 'POST', '/reshaper', { inventories: {}, allocations: {} })).status).toBe(404);
    const path = `/resource_providers/${uuid}/aggregates`;
    const aggregates = [aUuid()];
    expect((await say('1.0', 'GET', path)).status).toBe(404);
    expect(await say('1.18', 'PUT', path, aggregates)).toMatchObject({ status: 200, body: { aggregates } });
    expect((await say('1.19', 'PUT', path, aggregates)).status).toBe(400);
    expect((await say('1.18', 'GET', path)).body).toEqual({ aggregates });
    expect((await say('1.19', 'GET', path)).body).toEqual({ aggregates, resource_provider_generation: 0 });
    const closed = { resource_provider_generation: 0, inventories: { PGPU: { total: 2, reserved: 2 } } };
    expect((await say('1.25', 'PUT', `/resource_providers/${uuid}/inventories`, closed)).status).toBe(400);
    expect((await say('1.26', 'PUT', `/resource_providers/${uuid}/inventories`, closed)).status).toBe(200);
  });

  describe('of errors', () => {
    it('have a code from 1.23', async () => {
      const { uuid, name } = await aProvider(bench.placement);
      const clash = async (version: Microversion) => {
        const { body } = await say(version, 'POST', '/resource_providers', { uuid, name });
        return (body as { errors: { code?: string }[] }).errors[0]?.code;
      };
      expect([await clash('1.22'), await clash('1.23')]).toEqual([undefined, 'placement.duplicate_name']);
    });

    it('refuse a version that is none, and offer what there is for one that is not spoken', async () => {
      expect((await say('1.x' as Microversion, 'GET', '/traits')).status).toBe(400);
      const { status, body } = await say('1.99', 'GET', '/traits');
      expect([status, body]).toEqual([
        406,
        { errors: [expect.objectContaining({ min_version: '1.0', max_version: '1.39' })] },
      ]);
    });
  });
});
