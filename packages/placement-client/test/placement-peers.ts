import { randomUUID } from 'node:crypto';
import { createSession, noAuth, type SessionOptions } from '@cyborgjs/openstack-session';
import { createPlacement, type PlacementOptions } from '../src/placement.ts';
import { startFaultProxy } from '../src/testing/fault-proxy.ts';
import type { FaultyServer } from '../src/testing/faulty-server.ts';
import { startPlacementDouble } from '../src/testing/placement-double.ts';
import { findRealPlacement, startRealPlacement } from '../src/testing/real-placement.ts';

/** A Placement to run a suite on. */
export interface PlacementPeer {
  /** With the reason when it cannot be had here. */
  readonly name: string;
  readonly isMissing: boolean;
  /** The real one takes its time; what only our side decides need not be told to both. */
  readonly isReal: boolean;
  /** One that makes trouble when told; the real one stands behind a proxy that does. */
  readonly start: () => Promise<FaultyServer>;
}

const real = await findRealPlacement();

/** The double, and the real one where it is installed or named by the environment. */
export const placementPeers: readonly PlacementPeer[] = [
  { name: 'double of Placement', isMissing: false, isReal: false, start: () => startPlacementDouble() },
  {
    name: real === undefined ? 'real Placement (skipped: not installed here)' : 'real Placement',
    isMissing: real === undefined,
    isReal: true,
    start: startRealBehindProxy,
  },
];

async function startRealBehindProxy(): Promise<FaultyServer> {
  const running = await startRealPlacement(real);
  const proxy = await startFaultProxy(running.url);
  return {
    ...proxy,
    async close() {
      await proxy.close();
      await running.stop();
    },
  };
}

/** A client of a server, quick to repeat; close the session after use. */
export function clientOf(
  server: Pick<FaultyServer, 'url'>,
  options: PlacementOptions & Pick<SessionOptions, 'retry'> = {},
) {
  const session = createSession({
    auth: noAuth({ endpoint: server.url }),
    random: () => 0,
    ...(options.retry && { retry: options.retry }),
  });
  return { session, placement: createPlacement(session, options) };
}

/** A name that nobody else in a shared Placement has: `aName('CUSTOM_X')` is `CUSTOM_X_1F3A…`. */
export function aName(beginning: string): string {
  return `${beginning}_${randomUUID().slice(0, 8).toUpperCase()}`;
}

export { randomUUID as aUuid };
