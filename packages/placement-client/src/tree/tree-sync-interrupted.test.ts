import { expect, it } from 'vitest';
import { clientOf, describeWithPlacement } from '../../test/placement-peers.ts';
import { aDay, aRoot, expectedTree, heldTree } from '../../test/tree-builders.ts';
import type { Fault } from '../testing/faulty-server.ts';
import { createTreeSync, syncTree } from './tree-sync.ts';

const once = { retry: { retries: 0, backoff: { baseMs: 1, capMs: 1 }, retryAfterCapMs: 0 } };
const quick = { random: () => 0 };
const bulk = { ...quick, reshaper: 1 };

describeWithPlacement('interrupted tree sync', (bench) => {
  /** Does some work with trouble at its n-th request; tells how it ended and whether there was such a request. */
  async function interrupted(n: number, trouble: () => Fault | undefined, work: () => Promise<unknown>) {
    bench.server.forget();
    bench.server.intercept((_request, index) => (index === n ? trouble() : undefined));
    const outcome = await work().catch((error: unknown) => error);
    const wasInTime = bench.server.requests.length <= n;
    bench.server.forget();
    return { outcome, wasInTime };
  }

  /** Tells a story for its first request, its second, and so on, until it says that there is no such request. */
  async function atEveryRequest(story: (n: number) => Promise<{ wasInTime: boolean }>): Promise<number> {
    for (let n = 0; ; n++) if ((await story(n)).wasInTime) return n;
  }

  it('that is given up at any request is finished by the next process', { timeout: 120_000 }, async () => {
    const { placement } = bench;
    const requests = await atEveryRequest(async (n) => {
      const root = aRoot();
      const [before, after] = aDay(root);
      await syncTree(placement, before, quick);
      const abort = new AbortController();
      const kill = () => {
        abort.abort(new Error('killed'));
        return undefined;
      };
      const { outcome, wasInTime } = await interrupted(n, kill, () =>
        syncTree(placement, after, { ...(n % 2 === 0 ? quick : bulk), signal: abort.signal }),
      );
      if (!wasInTime) expect(outcome).toMatchObject({ message: 'killed' });
      await syncTree(placement, after, quick);
      expect(await heldTree(placement, root)).toEqual(expectedTree(after, root));
      return { wasInTime };
    });
    expect(requests).toBeGreaterThanOrEqual(15);
  });

  it.each(['drop-request', 'drop-reply'] as const)(
    'by a %s at any request goes on within the same call',
    { timeout: 120_000 },
    async (kind) => {
      const { placement } = bench;
      await atEveryRequest(async (n) => {
        const root = aRoot();
        const [before, after] = aDay(root);
        const sync = createTreeSync(placement, quick);
        await sync.sync(before);
        const { outcome, wasInTime } = await interrupted(
          n,
          () => ({ kind }),
          () => sync.sync(after),
        );
        expect(outcome).toMatchObject({ retained: [], rootUuid: root.uuid });
        expect(await heldTree(placement, root)).toEqual(expectedTree(after, root));
        expect((await sync.sync(after)).requests).toBe(1);
        return { wasInTime };
      });
    },
  );

  it('by a lost answer of the reshaper is repeated, and never applied twice', async () => {
    const root = aRoot();
    const [before, after] = aDay(root);
    const sync = createTreeSync(bench.placement, bulk);
    await sync.sync(before);
    bench.server.forget();
    bench.server.dropReplyNext({ path: '/reshaper' });
    await sync.sync(after);
    expect(bench.server.requests.filter(({ path }) => path === '/reshaper')).toMatchObject([
      { status: undefined },
      { status: 409 },
    ]);
    expect(await heldTree(bench.placement, root)).toEqual(expectedTree(after, root));
    expect((await sync.sync(after)).requests).toBe(1);
  });

  it('by a lost answer without repeats is an outage, after which the same process goes on', {
    timeout: 120_000,
  }, async () => {
    const { session, placement } = clientOf(bench, once);
    await atEveryRequest(async (n) => {
      const root = aRoot();
      const [before, after] = aDay(root);
      const sync = createTreeSync(placement, quick);
      await sync.sync(before);
      const lose = () => ({ kind: 'drop-reply' }) as const;
      const { outcome, wasInTime } = await interrupted(n, lose, () => sync.sync(after));
      if (!wasInTime) expect(outcome).toMatchObject({ code: 'session.unreachable', kind: 'unavailable' });
      await sync.sync(after);
      expect(await heldTree(placement, root)).toEqual(expectedTree(after, root));
      return { wasInTime };
    });
    await session.close();
  });
});
