import { handleRequest } from './double/handle-request.ts';
import { emptyState } from './double/placement-state.ts';
import { type FaultyServer, startFaultyServer } from './faulty-server.ts';

/** A Placement in memory, over HTTP on loopback, that makes trouble when told. */
export interface PlacementDouble extends FaultyServer {
  /** Back to an empty cloud: no providers, no consumers, no requests, no faults. */
  reset(): void;
}

/** How a double is made. */
export interface PlacementDoubleOptions {
  /** Default: any free one. */
  readonly port?: number;
  /** The newest microversion that it speaks. Default 1.39; the oldest is 1.0. */
  readonly maxMicroversion?: `1.${number}`;
  /** Milliseconds since 1970, for `Last-Modified`. */
  readonly now?: () => number;
}

/**
 * Starts a double of Placement with `auth_strategy = noauth2` (`X-Auth-Token: admin`). It passes the same suite as
 * the real server; generations, refusals and their codes, texts that clients look at, and the odd ways are those of
 * Placement 8.0, of every microversion from 1.0.
 */
export async function startPlacementDouble(options: PlacementDoubleOptions = {}): Promise<PlacementDouble> {
  const { port, maxMicroversion = '1.39', now = Date.now } = options;
  const maxMinor = Number(maxMicroversion.split('.')[1]);
  const state = emptyState();
  let answered = 0;
  const server = await startFaultyServer({
    port,
    handle: (request) =>
      handleRequest(request, { state, maxMinor, now: now(), requestId: `req-double-${++answered}` }),
  });
  return Object.assign(server, {
    reset() {
      Object.assign(state, emptyState());
      server.forget();
    },
  });
}
