import { randomUUID } from 'node:crypto';
import { createSession, noAuth, type Session, type SessionOptions } from '@cyborgjs/openstack-session';
import { afterAll, beforeAll, describe } from 'vitest';
import { createPlacement, type Placement, type PlacementOptions } from '../src/placement.ts';
import { startFaultProxy } from '../src/testing/fault-proxy.ts';
import type { FaultyServer } from '../src/testing/faulty-server.ts';
import { startPlacementDouble } from '../src/testing/placement-double.ts';
import { findRealPlacement, startRealPlacement } from '../src/testing/real-placement.ts';

/** A Placement to run a suite on, and a client of it; there from `beforeAll` to `afterAll`. */
export interface PlacementBench {
  /** Makes trouble when told; the real one stands behind a proxy that does. */
  readonly server: FaultyServer;
  readonly session: Session;
  readonly placement: Placement;
  /** The real one takes its time; what only our side decides need not be told to both. */
  readonly isReal: boolean;
}

const real = await findRealPlacement();

/** A suite that runs on the double, and on the real one where it is installed or named by the environment. */
export function describeWithPlacement(title: string, suite: (bench: PlacementBench) => void): void {
  describe(`${title} of the double`, () => suite(openBench(startPlacementDouble, false)));
  const reason = real === undefined ? ' (skipped: not installed here)' : '';
  describe.skipIf(real === undefined)(`${title} of the real server${reason}`, () =>
    suite(openBench(startRealBehindProxy, true)),
  );
}

function openBench(start: () => Promise<FaultyServer>, isReal: boolean): PlacementBench {
  const bench = { isReal } as Mutable<PlacementBench>;
  beforeAll(async () => {
    bench.server = await start();
    Object.assign(bench, clientOf(bench.server));
  });
  afterAll(async () => {
    await bench.session?.close();
    await bench.server?.close();
  });
  return bench;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

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
