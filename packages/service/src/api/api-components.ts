import type { Uuid } from '@cyborgjs/core';
import type { Logger } from 'pino';
import type { ConductorIntents } from '../conductor/conductor.ts';
import type { PlacementView } from '../conductor/fit-flavor.ts';
import type { Peer } from '../conductor/peer.ts';
import type { StoreReads } from '../store/store.ts';
import type { ApiMetrics } from './api-metrics.ts';
import type { Authenticator } from './authenticator.ts';
import type { StatusesOf } from './http-status.ts';
import type { Policy } from './policy.ts';

/** What the API needs from outside: it reads from the store and asks the conductor for everything else. */
export interface ApiComponents {
  readonly store: StoreReads & { readonly ping: () => Promise<void> };
  readonly conductor: ConductorIntents;
  readonly authenticator: Authenticator;
  readonly policy: Policy;
  /** Tells `/readyz` whether commands can leave at the moment. */
  readonly bus: { readonly isConnected: () => boolean };
  /** What Placement says is free; null where there is none. */
  readonly placement: PlacementView | null;
  /** The services that this one needs, for those who ask how they do. */
  readonly peers: readonly Peer[];
  /** Of this service. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
  /** For request ids. */
  readonly newId: () => Uuid;
}

/** How the API is tuned; the section `api` of the configuration has the same names. */
export interface ApiSettings {
  /** Scheme and host in links, without a path; null uses those of the request. */
  readonly publicEndpoint: string | null;
  /** Requests that one client address may make in a minute. */
  readonly requestsPerMinute: number;
  readonly bodyLimitBytes: number;
  /** `upstream`: with the statuses of Cyborg's defects that its own tests demand. */
  readonly v2: { readonly errors: StatusesOf };
}

/** Settings for tests and for embedding; the daemon's come from its configuration. */
export const defaultApiSettings: ApiSettings = {
  publicEndpoint: null,
  requestsPerMinute: 6000,
  bodyLimitBytes: 1_048_576,
  v2: { errors: 'mended' },
};

/** What every route is made from. */
export interface ApiContext extends ApiComponents {
  readonly settings: ApiSettings;
  readonly metrics: ApiMetrics;
  /** Aborted when the server is about to close: nobody is kept waiting any longer. */
  readonly closing: AbortSignal;
}
