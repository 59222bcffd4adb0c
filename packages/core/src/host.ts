import { z } from 'zod';
import { HostDriver } from './driver.ts';

/** How a host's tree in Placement stands: null error means that Placement holds what the agent wants. */
export const PlacementStatus = z.object({
  enabled: z.boolean(),
  /** When the tree last agreed. */
  agreedAt: z.iso.datetime().nullable(),
  error: z.string().nullable(),
  /** Names of providers that are in use and therefore kept, closed for new consumers. */
  retained: z.array(z.string()),
});
export type PlacementStatus = z.output<typeof PlacementStatus>;

/** A machine with an agent; its name is the hypervisor hostname, as Placement knows it. */
export const Host = z.object({
  name: z.string(),
  /** `silent`: nothing was heard of its agent within the time to live. */
  state: z.enum(['up', 'silent', 'stopped']),
  simulated: z.boolean(),
  agentVersion: z.string(),
  bootId: z.string(),
  drivers: z.array(HostDriver),
  devices: z.int().nonnegative(),
  placement: PlacementStatus,
  lastSeenAt: z.iso.datetime(),
  createdAt: z.iso.datetime(),
});
export type Host = z.output<typeof Host>;
