import { setTimeout } from 'node:timers/promises';
import { type Attempt, type AuthProvider, createSession } from '@cyborgjs/openstack-session';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPlacement } from '../src/placement.ts';
import { createTreeSync } from '../src/tree/tree-sync.ts';
import {
  type Credential,
  keystonePeer,
  type StartedKeystonePeer,
  startBehindKeystone,
} from './keystone-peers.ts';
import { aDay, aRoot, expectedTree, heldTree } from './tree-builders.ts';

const credentials: readonly Credential[] = ['password', 'application credential'];

describe.each(credentials)('a client behind Keystone, by %s', (credential) => {
  const options = { credential, tokenCacheS: 0 };
  const { missing } = keystonePeer({ ...options, tokenLifetimeS: 3600 });
  let close: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of close) await end();
    close = [];
  });

  /** A client that only a refusal tells of the end of its token, and its log-ins. */
  function aClient(peer: StartedKeystonePeer) {
    peer.server.forget();
    const logins: Attempt[] = [];
    const auth = peer.auth({ now: () => 0, hooks: { attempt: (event) => logins.push(event) } });
    const session = createSession({ auth, random: () => 0 });
    close.push(() => session.close());
    const refusals = () => peer.server.requests.filter(({ status }) => status === 401).length;
    return { auth, logins, refusals, placement: createPlacement(session) };
  }

  describe.skipIf(missing !== undefined)(
    'whose tokens live for seconds (skipped where it is missing)',
    () => {
      const tokenLifetimeS = 12;
      let peer: StartedKeystonePeer;
      beforeAll(async () => {
        peer = await startBehindKeystone({ ...options, tokenLifetimeS });
      }, 180_000);
      afterAll(() => peer?.close());

      it('gets another one when one has ended, and goes on', { timeout: 90_000 }, async () => {
        const { placement, logins, refusals } = aClient(peer);
        const root = aRoot();
        const [tree] = aDay(root);
        await placement.resourceClasses.list();
        await setTimeout((tokenLifetimeS + 1.5) * 1000);
        expect(logins).toHaveLength(1);
        await createTreeSync(placement, { random: () => 0 }).sync(tree);
        expect(refusals()).toBeGreaterThanOrEqual(1);
        expect(logins.length).toBeGreaterThanOrEqual(2);
        expect(logins.length).toBeLessThanOrEqual(1 + refusals());
        expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root));
      });
    },
  );

  describe.skipIf(missing !== undefined)('whose tokens are revoked (skipped where it is missing)', () => {
    let peer: StartedKeystonePeer;
    beforeAll(async () => {
      peer = await startBehindKeystone({ ...options, tokenLifetimeS: 3600 });
    }, 180_000);
    afterAll(() => peer?.close());
    const revoke = async (auth: AuthProvider) =>
      peer.revoke((await auth.headers(AbortSignal.timeout(10_000)))['x-auth-token'] ?? '');

    it('gets another one at every request of a sync', { timeout: 120_000 }, async () => {
      const { placement, auth, logins, refusals } = aClient(peer);
      const root = aRoot();
      const [before, after] = aDay(root);
      const sync = createTreeSync(placement, { random: () => 0, concurrency: 1 });
      await sync.sync(before);
      peer.server.forget();
      peer.server.intercept(async (_request, index) => {
        if (index % 2 === 0) await revoke(auth);
        return undefined;
      });
      const { requests } = await sync.sync(after);
      peer.server.intercept(undefined);
      expect(requests).toBeGreaterThanOrEqual(2 * 10);
      expect([logins.length, refusals()]).toEqual([1 + requests / 2, requests / 2]);
      expect(await heldTree(placement, root)).toEqual(expectedTree(after, root));
    });

    it('shares another one between all that are under way', { timeout: 120_000 }, async () => {
      const { placement, auth, logins, refusals } = aClient(peer);
      const root = aRoot();
      const [before, after] = aDay(root);
      const sync = createTreeSync(placement, { random: () => 0 });
      await sync.sync(before);
      peer.server.forget();
      peer.server.intercept(async (_request, index) => {
        if (index === 3) await revoke(auth);
        return undefined;
      });
      await sync.sync(after);
      expect(refusals()).toBeGreaterThanOrEqual(1);
      expect(refusals()).toBeLessThanOrEqual(4);
      expect(logins).toHaveLength(2);
      expect(await heldTree(placement, root)).toEqual(expectedTree(after, root));
    });

    it('is refused for good, after one renewal, when no token helps', async () => {
      const { placement, logins } = aClient(peer);
      peer.server.intercept(() => ({ kind: 'answer', status: 401, body: { error: { code: 401 } } }));
      await expect(placement.resourceClasses.list()).rejects.toMatchObject({
        name: 'OpenStackError',
        kind: 'forbidden',
        status: 401,
        tried: 2,
      });
      expect([logins.length, peer.server.requests.length]).toEqual([2, 2]);
    });
  });
});
