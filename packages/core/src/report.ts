import { z } from 'zod';
import { DiscoveredDevice } from './device.ts';
import { DriverFailure } from './driver.ts';

/**
 * What goes up for one driver: always a full snapshot, or a failure. A failure never reads as "no devices".
 */
export const Report = z.object({
  driver: z.string(),
  /** Rises with every report of one agent run; with `agentRun` it lets stale ones be dropped. */
  sequence: z.int().positive(),
  observedAt: z.int().nonnegative(),
  outcome: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('inventory'), devices: z.array(DiscoveredDevice) }),
    z.object({ kind: z.literal('failure'), failure: DriverFailure }),
  ]),
});
export type Report = z.output<typeof Report>;
