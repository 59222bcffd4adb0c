import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLog, suiteName, testDatabases } from '../../test/test-store.ts';
import { fixedStatement } from './fixed-statement.ts';
import { type Database, openDatabase } from './open-database.ts';
import { createSession, type Session } from './session.ts';

interface Lane {
  readonly destination: string;
  readonly lease_owner: string | null;
  readonly lease_until: number;
}

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('a fixed statement', database), () => {
    let opened: Database & { drop(): Promise<void> };
    let session: Session;
    let built = 0;

    beforeAll(async () => {
      const { target, drop } = await database.create();
      opened = { ...(await openDatabase(target, { log: silentLog })), drop };
      session = createSession(opened.db, {
        kind: database.kind,
        now: Date.now,
        newId: () => never('an id'),
      });
    });
    beforeEach(async () => {
      built = 0;
      await opened.db.deleteFrom('outbox_lane').execute();
    });
    afterAll(async () => {
      await opened.close();
      await opened.drop();
    });

    const insert = fixedStatement(({ db }, lanes: readonly Lane[]) => {
      built += 1;
      return db.insertInto('outbox_lane').values(lanes);
    });
    const change = fixedStatement(({ db }, names: readonly string[], values: Partial<Lane>) => {
      built += 1;
      return db.updateTable('outbox_lane').set(values).where('destination', 'in', names);
    });
    const stored = () => opened.db.selectFrom('outbox_lane').selectAll().orderBy('destination').execute();
    const lane = (destination: string): Lane => ({ destination, lease_owner: null, lease_until: 7 });

    it('is built once for a shape, and takes other values each time', async () => {
      await insert(session, [lane('a'), lane('b')]);
      await insert(session, [{ ...lane('c'), lease_owner: 'me' }, lane('d')]);
      expect(built).toBe(1);
      expect(await stored()).toEqual([lane('a'), lane('b'), { ...lane('c'), lease_owner: 'me' }, lane('d')]);
    });

    it('changes the members that it is given, and tells how many rows it met', async () => {
      await insert(session, [lane('a'), lane('b'), lane('c')]);
      const { numAffectedRows } = await change(session, ['a', 'c'], { lease_owner: 'me' });
      await change(session, ['b'], { lease_until: 9 });
      await change(session, ['a'], { lease_owner: null, lease_until: 8 });
      expect(numAffectedRows).toBe(2n);
      expect(await stored()).toEqual([
        { destination: 'a', lease_owner: null, lease_until: 8 },
        { destination: 'b', lease_owner: null, lease_until: 9 },
        { destination: 'c', lease_owner: 'me', lease_until: 7 },
      ]);
    });

    it('meets nothing by a list of nothing', async () => {
      await insert(session, [lane('a')]);
      expect((await change(session, [], { lease_until: 9 })).numAffectedRows).toBe(0n);
      expect(await stored()).toEqual([lane('a')]);
    });

    it('is built anew each time where a list is long, so that not every length stays in memory', async () => {
      const many = Array.from({ length: 300 }, (_, index) => `lane ${index}`);
      await insert(session, [lane('lane 299')]);
      built = 0;
      for (let round = 1; round <= 2; round += 1) {
        await change(session, many, { lease_until: round });
        expect(await stored()).toEqual([{ ...lane('lane 299'), lease_until: round }]);
      }
      expect(built).toBe(2);
    });
  });
});

function never(what: string): never {
  throw new Error(`nobody asks for ${what} here`);
}
