import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAuditRecord } from '../../test/an-audit-record.ts';
import { openTcpProxy, type TcpProxy } from '../../test/tcp-proxy.ts';
import { newId, silentLog, suiteName, testClock, testDatabases } from '../../test/test-store.ts';
import { until } from '../../test/until.ts';
import { createStore } from './create-store.ts';
import type { Store, StoreTransaction } from './store.ts';
import type { StoreTarget } from './store-init.ts';

const open = (target: StoreTarget) => createStore(target, { now: testClock().now, newId, log: silentLog });
const unavailable = { code: 'store.unavailable', kind: 'unavailable' };

describe('a store that cannot be opened', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cyborg-outage-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is unavailable when the directory of the file is missing', async () => {
    const opening = open({ kind: 'sqlite', file: join(directory, 'missing', 'store.sqlite') });
    await expect(opening).rejects.toMatchObject(unavailable);
  });

  it('is unavailable when the file is no database', async () => {
    const file = join(directory, 'store.sqlite');
    await writeFile(
      file,
      'this is a text, long enough to be taken for the header of a database file, but is none'.repeat(20),
    );
    await expect(open({ kind: 'sqlite', file })).rejects.toMatchObject(unavailable);
  });

  it.each(['mysql', 'postgresql'] as const)('is unavailable when no %s listens there', async (kind) => {
    const proxy = await openTcpProxy({ host: '127.0.0.1', port: 1 });
    await proxy.cut();
    const opening = open({ kind, url: `${kind}://nobody@127.0.0.1:${proxy.port}/nothing` });
    await expect(opening).rejects.toMatchObject(unavailable);
  });
});

const remoteDatabases = testDatabases.filter(({ kind }) => kind !== 'sqlite');

describe.each(remoteDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(
    suiteName('a store whose database goes away', database),
    () => {
      let proxy: TcpProxy;
      let store: Store;
      let drop: () => Promise<void>;

      beforeEach(async () => {
        const made = await database.create();
        drop = made.drop;
        const url = new URL('url' in made.target ? made.target.url : '');
        proxy = await openTcpProxy({ host: url.hostname, port: Number(url.port) });
        url.hostname = '127.0.0.1';
        url.port = String(proxy.port);
        store = await open({ ...made.target, url: url.href } as StoreTarget);
      });
      afterEach(async () => {
        await proxy.cut().catch(() => {});
        await store.close().catch(() => {});
        await drop();
      });

      it('says so, keeps nothing of what was half done, and recovers by itself', async () => {
        const halfDone = store.transaction(async ({ hosts }) => {
          await hosts.ensure('half');
          await proxy.cut();
          await hosts.ensure('done');
        });
        await expect(halfDone).rejects.toMatchObject(unavailable);
        await expect(store.hosts.list()).rejects.toMatchObject(unavailable);
        await expect(store.ping()).rejects.toMatchObject(unavailable);

        await proxy.mend();
        await until('the store answers again', () =>
          store.ping().then(
            () => true,
            () => false,
          ),
        );
        expect((await store.hosts.list()).items).toEqual([]);
        await store.transaction(({ hosts }) => hosts.ensure('whole'));
        expect((await store.hosts.list()).items.map(({ name }) => name)).toEqual(['whole']);
      });

      it('runs a transaction again that met another one in a deadlock, and keeps nothing of the first time', async () => {
        for (const name of ['a', 'b']) await store.transaction(({ hosts }) => hosts.ensure(name));
        const write = ({ deviceProfiles, events, audit }: StoreTransaction) => {
          const id = newId();
          events.add({ type: 'host.up', subject: id, host: null, data: {} });
          return Promise.all([
            deviceProfiles.insert({ id, name: id, description: null, groups: [] }),
            audit.add(anAuditRecord(id)),
          ]);
        };
        let holding = 0;
        const bothHold = Promise.withResolvers<void>();
        const lockBoth = (first: string, second: string) => {
          let runs = 0;
          return store.transaction(async (transaction) => {
            const { hosts } = transaction;
            runs += 1;
            await hosts.lock(first);
            holding += 1;
            if (holding === 2) bothHold.resolve();
            if (runs === 1) await bothHold.promise;
            // Sent at once: MySQL has taken back all of the transaction when it answers the first of these.
            await Promise.all([hosts.hold(second), write(transaction)]);
            return runs;
          });
        };
        const runs = await Promise.all([lockBoth('a', 'b'), lockBoth('b', 'a')]);
        expect(runs.toSorted()).toEqual([1, 2]);
        const kept = [
          (await store.deviceProfiles.list()).items,
          (await store.audit.list()).items,
          await store.events.list({ after: 0, limit: 9 }),
        ];
        expect(kept.map(({ length }) => length)).toEqual([2, 2, 2]);
      });

      it('brings its tables up to date once when two open it at the same time', async () => {
        const fresh = await database.create();
        const stores = await Promise.all([open(fresh.target), open(fresh.target), open(fresh.target)]);
        await stores[0]?.transaction(({ hosts }) => hosts.ensure('compute1'));
        expect((await stores[2]?.hosts.list())?.items).toHaveLength(1);
        for (const one of stores) await one.close();
        await fresh.drop();
      });
    },
  );
});
