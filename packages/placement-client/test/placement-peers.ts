import { randomUUID } from 'node:crypto';
import {
  type AuthProvider,
  createSession,
  type KeystoneOptions,
  type Session,
  type SessionOptions,
} from '@cyborgjs/openstack-session';
import { afterAll, beforeAll, describe } from 'vitest';
import { createPlacement, type Placement, type PlacementOptions } from '../src/placement.ts';
import { startFaultProxy } from '../src/testing/fault-proxy.ts';
import type { FaultyServer } from '../src/testing/faulty-server.ts';
import { startPlacementDouble } from '../src/testing/placement-double.ts';
import { findRealPlacement, startRealPlacement } from '../src/testing/real-placement.ts';

/** A kind of Placement that the suites run on. */
export interface PlacementPeer {
  /** "real server" */
  readonly name: string;
  /** Whether it is the real thing; what only our side decides need not be told to all of them. */
  readonly isReal: boolean;
  /** Why it cannot be had here. */
  readonly missing?: string | undefined;
  start(): Promise<StartedPeer>;
}

/** A Placement that answers, and how it is reached. */
export interface StartedPeer {
  /** Makes trouble when told; a real one stands behind a proxy that does. */
  readonly server: FaultyServer;
  /** A way to authenticate, of its own for each client. */
  readonly auth: (options?: Pick<KeystoneOptions, 'hooks' | 'now'>) => AuthProvider;
  /** How the `placement` command reaches it: options before the command, and the environment. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A Placement to run a suite on, and a client of it; there from `beforeAll` to `afterAll`. */
export interface PlacementBench extends StartedPeer {
  readonly session: Session;
  readonly placement: Placement;
  readonly isReal: boolean;
}

const real = await findRealPlacement();
const double: PlacementPeer = { name: 'double', isReal: false, start: startDouble };
const realServer: PlacementPeer = {
  name: 'real server',
  isReal: true,
  missing: real === undefined ? 'not installed here' : undefined,
  start: startRealBehindProxy,
};

const usualPeers: readonly PlacementPeer[] = [double, realServer];
let peers = usualPeers;
let declaredSuites = 0;

/**
 * Has the suites that are declared meanwhile run on other peers; gives how many they are. Those of other test files,
 * which may come later in the same process, run on the usual ones.
 */
export async function declareOn(
  other: readonly PlacementPeer[],
  declare: () => Promise<void>,
): Promise<number> {
  const before = declaredSuites;
  peers = other;
  try {
    await declare();
  } finally {
    peers = usualPeers;
  }
  return declaredSuites - before;
}

/** A suite that runs on the double, and on the real one where it is installed or named by the environment. */
export function describeWithPlacement(title: string, suite: (bench: PlacementBench) => void): void {
  declaredSuites += 1;
  for (const peer of peers) {
    const reason = peer.missing === undefined ? '' : ` (skipped: ${peer.missing})`;
    describe.skipIf(peer.missing !== undefined)(`${title} of the ${peer.name}${reason}`, () =>
      suite(openBench(peer)),
    );
  }
}

/** The bench of one peer, for a suite of its own. */
export function openBench(peer: PlacementPeer): PlacementBench {
  const bench = { isReal: peer.isReal } as Mutable<PlacementBench>;
  beforeAll(async () => {
    Object.assign(bench, await peer.start());
    Object.assign(bench, clientOf(bench));
  }, 180_000);
  afterAll(async () => {
    await bench.session?.close();
    await bench.close?.();
  });
  return bench;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

async function startDouble(): Promise<StartedPeer> {
  const server = await startPlacementDouble();
  return { server, ...withoutKeystone(server), close: () => server.close() };
}

async function startRealBehindProxy(): Promise<StartedPeer> {
  const running = await startRealPlacement(real);
  const server = await startFaultProxy(running.url);
  return {
    server,
    ...withoutKeystone(server),
    async close() {
      await server.close();
      await running.stop();
    },
  };
}

function withoutKeystone({ url }: Pick<FaultyServer, 'url'>) {
  return { auth: () => anotherNoAuth(url), flags: ['--endpoint', url], env: {} };
}

/** As `noAuth`, with another token after each refusal; every one will do. */
function anotherNoAuth(url: string): AuthProvider {
  let number = 1;
  return {
    headers: async () => ({ 'x-auth-token': `admin:project-${number}` }),
    invalidate: () => {
      number += 1;
    },
    endpoint: async () => url,
  };
}

/** A client of a peer or of a server without Keystone, quick to repeat; close the session after use. */
export function clientOf(
  peer: Pick<StartedPeer, 'auth'> | Pick<FaultyServer, 'url'>,
  options: PlacementOptions & Pick<SessionOptions, 'retry' | 'attemptTimeoutMs' | 'sleep'> = {},
) {
  const { retry, attemptTimeoutMs, sleep, ...rest } = options;
  const session = createSession({
    auth: 'auth' in peer ? peer.auth() : anotherNoAuth(peer.url),
    random: () => 0,
    ...(retry && { retry }),
    ...(attemptTimeoutMs && { attemptTimeoutMs }),
    ...(sleep && { sleep }),
  });
  return { session, placement: createPlacement(session, rest) };
}

/** A name that nobody else in a shared Placement has: `aName('CUSTOM_X')` is `CUSTOM_X_1F3A…`. */
export function aName(beginning: string): string {
  return `${beginning}_${randomUUID().slice(0, 8).toUpperCase()}`;
}

export { randomUUID as aUuid };
