import { randomUUID } from 'node:crypto';
import type { Uuid } from '@cyborgjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/import/finding.ts';
import { type ImportReport, importCyborg } from '../../src/import/import-cyborg.ts';
import { readCyborg } from '../../src/import/read-cyborg.ts';
import { createStore } from '../../src/store/create-store.ts';
import type { Store } from '../../src/store/store.ts';
import {
  memoryDatabase,
  newId,
  openTestStore,
  silentLog,
  suiteName,
  type TestStore,
  testClock,
  testDatabases,
} from '../test-store.ts';
import { pciJson, putBoundArq, putCard, putProfile } from './a-cyborg.ts';
import { type CyborgDatabase, createCyborgDatabase } from './cyborg-database.ts';

const mariadb = testDatabases.find(({ kind }) => kind === 'mysql');
const missing = mariadb?.missing;

const run = async (db: CyborgDatabase, store: Store, apply = true): Promise<ImportReport> =>
  importCyborg(await readCyborg(db.url), { apply }, { store, projectOf: null, now: testClock().now });
const told = ({ findings }: ImportReport) =>
  findings.map(({ kind, table, reason }: Finding) => `${kind} ${table}: ${reason}`);

describe.each(testDatabases)('into $kind', (database) => {
  const reason = database.missing ?? missing;
  describe.skipIf(reason !== undefined)(suiteName('a Cyborg', { ...database, missing: reason }), () => {
    let db: CyborgDatabase;
    let opened: TestStore;
    let store: Store;
    beforeAll(async () => {
      opened = await openTestStore(database);
      store = opened.store;
    });
    beforeEach(async () => {
      db = await createCyborgDatabase();
    });
    afterEach(async () => {
      await db.drop();
      await opened.clear();
    });
    afterAll(() => opened.end());

    async function aCloud() {
      const profile = await putProfile(db, { description: 'one whole GPU' });
      const card = await putCard(db);
      const closed = await putCard(db, { address: '0000:84:00.0', device: { status: 'maintaining' } });
      const arq = await putBoundArq(db, { profile, card });
      await db.insert('extended_accelerator_requests', {
        state: 'Initial',
        project_id: 'p2',
        device_profile_id: profile,
        device_profile_group_id: 0,
      });
      return { profile, card, closed, arq };
    }

    it('comes over as it is, bound to what it is bound to', async () => {
      const { card, closed, arq } = await aCloud();
      const report = await run(db, store);
      expect(report).toMatchObject({ applied: true, findings: [], revision: '6c77bd6afea5' });
      expect(report.counts.attach_handles).toEqual({ found: 2, added: 2 });
      expect((await store.devices.list()).items).toMatchObject([
        {
          id: card.uuid,
          host: 'compute1',
          driver: 'imported',
          address: '0000:83:00.0',
          kind: 'GPU',
          state: 'ready',
          attributes: { product_id: '2335', controller: '3D controller' },
          createdAt: '2026-01-01T08:28:47.000Z',
          deployables: [
            {
              name: '0000:83:00.0',
              resourceClass: 'PGPU',
              traits: ['OWNER_CYBORG'],
              providerId: card.provider,
              handles: [{ id: '0000:83:00.0', inUse: true, holder: { id: arq.uuid } }],
            },
          ],
        },
        { id: closed.uuid, state: 'disabled', deployables: [{ handles: [{ inUse: false }] }] },
      ]);
      expect(await store.acceleratorRequests.list()).toMatchObject([
        {
          id: arq.uuid,
          state: 'Bound',
          projectId: 'p1',
          host: 'compute1',
          providerId: card.provider,
          instanceId: arq.instance,
          deviceProfileName: 'gpu',
          resourceClass: 'PGPU',
          handle: { type: 'PCI', info: { bus: '83', device: '00', domain: '0000', function: '0' } },
        },
        { state: 'Initial', projectId: 'p2', resourceClass: 'PGPU', handle: null },
      ]);
    });

    it('is only looked at in a dry run', async () => {
      await aCloud();
      const report = await run(db, store, false);
      expect(report).toMatchObject({ applied: false, counts: { devices: { found: 2, added: 2 } } });
      expect((await store.devices.list()).items).toEqual([]);
      expect((await store.hosts.list()).items).toEqual([]);
    });

    it('comes over once: a second time brings what is new, and nothing that has gone here', async () => {
      const { profile, closed, arq } = await aCloud();
      await run(db, store);
      await store.transaction(async ({ acceleratorRequests, deployables }) => {
        await deployables.releaseHandles('accelerator_request', [arq.uuid as Uuid]);
        await acceleratorRequests.remove([arq.uuid as Uuid]);
      });
      const later = await putBoundArq(db, { profile, card: closed });
      const report = await run(db, store);
      expect(report.findings).toEqual([]);
      expect(Object.values(report.counts).map(({ added }) => added)).toEqual([0, 0, 0, 0, 0, 1]);
      const requests = await store.acceleratorRequests.list();
      expect(requests.map(({ id }) => id)).not.toContain(arq.uuid);
      expect(requests.find(({ id }) => id === later.uuid)).toMatchObject({
        state: 'Bound',
        resourceClass: 'PGPU',
        handle: { type: 'PCI' },
      });
      expect((await run(db, store)).counts.accelerator_requests).toEqual({ found: 3, added: 0 });
    });

    it('is not there at all when the process dies before it is written', async () => {
      await aCloud();
      const dying = await createStore(opened.target, {
        now: testClock().now,
        newId,
        log: silentLog,
        onCommit: async (phase) => {
          if (phase === 'before') throw new Error('killed');
        },
      });
      await expect(run(db, dying)).rejects.toThrow('killed');
      await dying.close();
      expect((await store.devices.list()).items).toEqual([]);
      expect(await store.imports.list()).toEqual([]);
      expect((await run(db, store)).applied).toBe(true);
    });
  });
});

describe.skipIf(missing !== undefined)(`a damaged Cyborg${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let db: CyborgDatabase;
  let opened: TestStore;
  let store: Store;
  beforeEach(async () => {
    db = await createCyborgDatabase();
    opened = await openTestStore(memoryDatabase);
    store = opened.store;
  });
  afterEach(async () => {
    await db.drop();
    await opened.end();
  });

  const arqRow = (profile: number, values: Record<string, string | number | null>) =>
    db.insert('extended_accelerator_requests', {
      device_profile_id: profile,
      device_profile_group_id: 0,
      ...values,
    });
  const requests = () => store.acceleratorRequests.list();

  it('frees handles that nobody is bound to, and holds those that somebody is', async () => {
    const profile = await putProfile(db);
    const free = await putCard(db, { handle: { in_use: 1 } });
    const card = await putCard(db, { address: '0000:84:00.0' });
    const { uuid } = await putBoundArq(db, { profile, card });
    await db.query(`update attach_handles set in_use = null where id = ${card.handles[0]}`);
    await arqRow(profile, { state: 'BindFailed', attach_handle_id: free.handles[0] ?? null });
    const report = await run(db, store);
    expect(told(report)).toEqual([
      expect.stringMatching(/^mended .*requests: its attach handle \d+ is not marked as in use/),
      expect.stringMatching(
        /^mended .*requests: it is BindFailed and holds attach handle \d+, which comes free/,
      ),
      expect.stringMatching(/^noted .*requests: it is of no project/),
      expect.stringMatching(/^noted .*requests: it is for no server/),
      expect.stringMatching(/^mended attach_handles: it is marked as in use and nobody is bound to it/),
    ]);
    const held = (await store.devices.list()).items.flatMap(({ deployables }) =>
      deployables.flatMap(({ handles }) => handles.map(({ holder }) => holder?.id ?? null)),
    );
    expect(held).toEqual([null, uuid]);
  });

  it('gives no handle to two, and shows bound requests whose handle is gone', async () => {
    const profile = await putProfile(db);
    const card = await putCard(db);
    const first = await putBoundArq(db, { profile, card });
    const second = await putBoundArq(db, { profile, card });
    const lost = await putBoundArq(db, { profile, card, row: { attach_handle_id: 4711 } });
    const never = await putBoundArq(db, { profile, card, row: { attach_handle_id: null } });
    expect(told(await run(db, store))).toEqual([
      expect.stringContaining(`is held by request ${first.uuid} too: it is imported as BindFailed`),
      expect.stringContaining('its attach handle 4711 is not there; it is imported Bound without one'),
      expect.stringContaining('it is Bound and names no attach handle'),
    ]);
    const found = new Map(
      (await requests()).map((request): [string, typeof request] => [request.id, request]),
    );
    expect(found.get(first.uuid)).toMatchObject({ state: 'Bound', handle: { type: 'PCI' } });
    expect(found.get(second.uuid)).toMatchObject({
      state: 'BindFailed',
      handle: null,
      instanceId: second.instance,
    });
    for (const { uuid } of [lost, never])
      expect(found.get(uuid)).toMatchObject({ state: 'Bound', handle: null });
  });

  it('ends what nobody works on any more', async () => {
    const profile = await putProfile(db);
    for (const state of ['BindStarted', 'Deleting', 'Unbound'])
      await arqRow(profile, { state, project_id: 'p1', instance_uuid: randomUUID() });
    expect(told(await run(db, store))).toEqual([
      expect.stringContaining('it is BindStarted, and nobody works on it any more'),
      expect.stringContaining('it is Deleting, and nobody works on it any more'),
    ]);
    expect((await requests()).map(({ state, failure }) => [state, failure])).toEqual([
      ['BindFailed', 'Cyborg left it BindStarted'],
      ['BindFailed', 'Cyborg left it Deleting'],
      ['Unbound', null],
    ]);
  });

  it('leaves out what hangs on nothing', async () => {
    await db.insert('controlpath_ids', {
      device_id: 99,
      cpid_type: 'PCI',
      cpid_info: pciJson('0000:01:00.0'),
    });
    await db.insert('deployables', { name: 'x', num_accelerators: 1, device_id: 99 });
    await db.insert('attributes', { deployable_id: 99, key: 'rc', value: 'PGPU' });
    await db.insert('attach_handles', {
      deployable_id: 98,
      cpid_id: 1,
      attach_type: 'PCI',
      attach_info: '{}',
    });
    const report = await run(db, store);
    expect(told(report)).toEqual([
      'skipped controlpath_ids: its device 99 is not there',
      'skipped deployables: its device 99 is not there',
      'skipped attributes: its deployable 99 is not there',
      'skipped attach_handles: its deployable 98 is not there',
    ]);
    expect(report.findings[0]).toMatchObject({ table: 'controlpath_ids', id: 1, uuid: expect.any(String) });
    expect(report.applied).toBe(true);
  });

  it('keeps a handle that a server has even where nobody can tell which it is', async () => {
    const profile = await putProfile(db);
    const functions = ['0000:83:00.1', '0000:83:00.2'];
    const card = await putCard(db, { functions, handle: { attach_info: '{"bus": "83", "dev' } });
    const { uuid } = await putBoundArq(db, { profile, card });
    expect(told(await run(db, store))).toEqual([
      expect.stringMatching(
        /^mended attach_handles: attach_info .* says no address, and a server is bound to it/,
      ),
      expect.stringMatching(/^skipped attach_handles: attach_info .* says no address; nobody is bound to it/),
    ]);
    const [device] = (await store.devices.list()).items;
    expect(device?.deployables[0]?.handles).toMatchObject([{ info: {}, holder: { id: uuid } }]);
  });

  it('finds an address that the control path does not say', async () => {
    const card = await putCard(db);
    await db.query(`update controlpath_ids set cpid_info = 'nonsense' where id = ${card.path}`);
    const lost = await db.insert('devices', {
      type: 'GPU',
      vendor: '10de',
      model: 'm',
      hostname: 'compute1',
    });
    const report = await run(db, store);
    expect(told(report)).toEqual([
      'mended devices: no control path can be read; the address 0000:83:00.0 is taken from what lies below',
      expect.stringContaining('skipped devices: its address cannot be read'),
    ]);
    expect(report.findings[1]?.id).toBe(lost);
  });

  it('tells of names, ids and values that are none', async () => {
    const card = await putCard(db, {
      resourceClass: 'no class',
      device: { vendor_board_info: 'fake_vendor_info', model: '' },
    });
    await db.query(`update deployables set name = 'intel-fpga-dev.0', rp_uuid = null`);
    await db.query(`update attributes set value = 'no trait' where \`key\` = 'trait0'`);
    await putCard(db);
    const profile = await putProfile(db, { uuid: 'nope', name: 'gold\n' });
    await putBoundArq(db, { profile, card, row: { instance_uuid: 'nope', device_rp_uuid: 'never' } });
    const report = told(await run(db, store));
    expect(report).toEqual([
      'noted devices: vendor_board_info is no JSON object; its text is kept until a driver reports the device',
      expect.stringContaining('noted deployables: its name intel-fpga-dev.0 does not begin with compute1_'),
      'mended deployables: it has no attribute rc that is a resource class; PGPU stands until its driver reports it',
      'noted attributes: "no trait" is no name of a trait and is not taken for one',
      expect.stringContaining('mended deployables: it was never reported to Placement; its provider will be'),
      expect.stringContaining('mended devices: another device of compute1 has the address 0000:83:00.0'),
      expect.stringMatching(/^mended device_profiles: uuid "nope" is none; it is imported as [0-9a-f-]{36}$/),
      'mended device_profiles: name "gold\\n" is imported as gold',
      'noted extended_accelerator_requests: device_rp_uuid "never" is no uuid; it is kept as it is',
      'noted extended_accelerator_requests: instance_uuid "nope" is no uuid; it is kept as it is',
    ]);
    expect(await requests()).toMatchObject([{ deviceProfileName: 'gold', instanceId: 'nope' }]);
    const same = (await run(db, store)).counts;
    expect(Object.values(same).every(({ added }) => added === 0)).toBe(true);
  });

  it('takes profiles as far as they can be read', async () => {
    const broken = await putProfile(db, { name: 'broken', profile_json: '{"groups"' });
    await putProfile(db, { name: 'unused', profile_json: '[]' });
    await putProfile(db, { name: 'odd', profile_json: '{"groups": [{"resources:FPGA": "1.5"}]}' });
    await putProfile(db, { name: 'gold\n' });
    await putProfile(db, { name: 'gold' });
    await arqRow(broken, { state: 'Initial', project_id: 'p1' });
    await arqRow(4711, { state: 'Initial', project_id: 'p1' });
    expect(told(await run(db, store))).toEqual([
      expect.stringContaining(
        'mended device_profiles: profile_json cannot be read; it is imported without groups',
      ),
      expect.stringContaining(
        'skipped device_profiles: profile_json cannot be read, and nothing was made from it',
      ),
      'noted device_profiles: resources:FPGA asks for "1.5", which is no count: it makes no request',
      'mended device_profiles: name "gold\\n" is imported as gold',
      'mended device_profiles: another profile is called gold; this one is imported as gold-5',
      expect.stringContaining(
        'its device profile 4711 is not there; the empty profile imported-4711 stands for it',
      ),
    ]);
    expect((await requests()).map(({ deviceProfileName }) => deviceProfileName)).toEqual([
      'broken',
      'imported-4711',
    ]);
  });

  it('is refused as a whole where something of ours is in the way', async () => {
    const profile = await putProfile(db);
    const card = await putCard(db);
    const arq = await putBoundArq(db, { profile, card });
    const ours = newId();
    await store.transaction(async ({ hosts, devices, deviceProfiles, acceleratorRequests }) => {
      await hosts.ensure('compute1');
      await devices.insert([
        {
          id: ours,
          host: 'compute1',
          driver: 'gpu',
          identity: 'GPU-1',
          kind: 'GPU',
          vendor: '10de',
          model: 'H200',
          address: '0000:83:00.0',
          numaNode: null,
          health: { state: 'ok' },
          firmware: {},
          attributes: {},
          state: 'ready',
        },
      ]);
      const id = newId();
      await deviceProfiles.insert({
        id,
        name: 'gpu',
        description: null,
        groups: [{ 'resources:PGPU': '2' }],
      });
      await acceleratorRequests.insert([
        {
          id: arq.uuid as Uuid,
          projectId: 'p1',
          deviceProfileId: id,
          deviceProfileName: 'gpu',
          groupIndex: 0,
          resourceClass: null,
        },
      ]);
    });
    const report = await run(db, store);
    expect(report.applied).toBe(false);
    const refused = report.findings.filter(({ kind }) => kind === 'refused');
    expect(refused.map(({ table, reason }) => [table, reason])).toEqual([
      [
        'devices',
        expect.stringContaining(`compute1 has device ${ours} at 0000:83:00.0 already, which is ready`),
      ],
      ['device_profiles', expect.stringContaining('device profile gpu')],
      [
        'extended_accelerator_requests',
        expect.stringContaining('a request of that id is here already: Initial'),
      ],
    ]);
    expect(await store.imports.list()).toEqual([]);
    expect((await store.devices.list()).items.map(({ id }) => id)).toEqual([ours]);
  });

  it('writes nothing where something comes in the way at the last moment', async () => {
    await putProfile(db);
    const racing: Store = {
      ...store,
      async transaction(work) {
        const rival = { id: newId(), name: 'gpu', description: null, groups: [] };
        await store.transaction(({ deviceProfiles }) => deviceProfiles.insert(rival));
        return store.transaction(work);
      },
    };
    await expect(run(db, racing)).rejects.toMatchObject({ code: 'import.refused' });
    expect(await store.imports.list()).toEqual([]);
    expect((await store.hosts.list()).items).toEqual([]);
  });

  it('may be none: every reason is told', async () => {
    await expect(readCyborg('postgresql://x@y/z')).rejects.toMatchObject({ code: 'import.source_unknown' });
    await expect(readCyborg('mysql://root@127.0.0.1:1/cyborg')).rejects.toMatchObject({
      code: 'import.source_unavailable',
      message: expect.stringContaining('127.0.0.1'),
    });
    await expect(readCyborg(db.url.replace(/[^/]+$/, 'no_such_database'))).rejects.toMatchObject({
      code: 'import.source_unavailable',
    });
    await db.query(`update alembic_version set version_num = 'f50980397351'`);
    await expect(readCyborg(db.url)).rejects.toMatchObject({
      code: 'import.source_unknown',
      message: expect.stringContaining(
        'is of revision f50980397351; known are 4cc1d79978fc and 6c77bd6afea5',
      ),
    });
    await db.query('drop table alembic_version');
    await expect(readCyborg(db.url)).rejects.toMatchObject({
      message: expect.stringContaining('no Cyborg database'),
    });
  });
});

describe.skipIf(missing !== undefined)('a Cyborg of Zed', () => {
  it('has no status of devices, and Nova knows whose its requests are', async () => {
    const db = await createCyborgDatabase('4cc1d79978fc');
    const opened = await openTestStore(memoryDatabase);
    try {
      const profile = await putProfile(db);
      const card = await putCard(db, { functions: ['0000:83:00.1', '0000:83:00.2'] });
      const known = await putBoundArq(db, { profile, card, row: { project_id: null } });
      const gone = await putBoundArq(db, { profile, card, handle: 1, row: { project_id: null } });
      const projectOf = async (id: string) => (id === known.instance ? 'p7' : undefined);
      const { store } = opened;
      const report = await importCyborg(
        await readCyborg(db.url),
        { apply: true },
        { store, projectOf, now: testClock().now },
      );
      expect(told(report)).toEqual([
        'mended extended_accelerator_requests: it is of no project; Nova says that its server is of p7',
        expect.stringContaining(
          'noted extended_accelerator_requests: it is of no project: only administrators see it',
        ),
      ]);
      expect((await store.devices.list()).items).toMatchObject([{ state: 'ready' }]);
      expect((await store.acceleratorRequests.list()).map(({ id, projectId }) => [id, projectId])).toEqual([
        [known.uuid, 'p7'],
        [gone.uuid, null],
      ]);
    } finally {
      await opened.end();
      await db.drop();
    }
  });
});
