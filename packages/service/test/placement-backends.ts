import {
  type FaultyServer,
  findRealPlacement,
  startFaultProxy,
  startPlacementDouble,
  startRealPlacement,
} from '@cyborgjs/placement-client/testing';

/** A Placement that runs. */
export interface PlacementBackend {
  /** A way to it, which counts requests, breaks them, and can be shut; the double is a new one behind each. */
  open(): Promise<FaultyServer>;
  stop(): Promise<void>;
}

const real = await findRealPlacement();

/** The double and the real server: name, whether it can be had here, how it is started. */
export const placementBackends: readonly (readonly [string, boolean, () => Promise<PlacementBackend>])[] = [
  ['the double', true, async () => ({ open: () => startPlacementDouble(), stop: async () => {} })],
  [
    `the real Placement${real === undefined ? ' (skipped: placement-api and uwsgi are not installed)' : ''}`,
    real !== undefined,
    async () => {
      const { url, stop } = await startRealPlacement(real);
      return { open: () => startFaultProxy(url), stop };
    },
  ],
];
