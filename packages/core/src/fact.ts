import { z } from 'zod';
import { HeldAttachment } from './attachment.ts';
import { StatsSample } from './device-stats.ts';
import { DriverStatus } from './driver.ts';
import { DriverCalls } from './driver-calls.ts';
import { PlacementStatus } from './host.ts';
import { OperationOutcome } from './operation.ts';
import { Report } from './report.ts';
import { Uuid } from './uuid.ts';

const origin = {
  host: z.string().min(1).max(255),
  /** Number of the agent's run: made from the clock at its start, so it rises over restarts. */
  agentRun: z.int().nonnegative(),
};

/** Everything an agent sends up to the conductor. Delivered at least once; applying one twice changes nothing. */
export const Fact = z.discriminatedUnion('kind', [
  /** The agent has started, or found its way back to the bus: send again whatever it has not ended. */
  z.object({
    kind: z.literal('hello'),
    ...origin,
    bootId: z.string(),
    simulated: z.boolean(),
    agentVersion: z.string(),
    drivers: z.array(DriverStatus),
    at: z.int(),
  }),
  /** The agent lives; also sent at once when a driver's state or Placement's changes. */
  z.object({
    kind: z.literal('heartbeat'),
    ...origin,
    drivers: z.array(DriverStatus),
    placement: PlacementStatus,
    at: z.int(),
  }),
  z.object({ kind: z.literal('goodbye'), ...origin, at: z.int() }),
  z.object({ kind: z.literal('report'), ...origin, report: Report }),
  /** What a driver has read of all its devices, and how long its calls have taken: the latest is all that counts. */
  z.object({
    kind: z.literal('stats'),
    ...origin,
    driver: z.string(),
    /** Left out where it could read nothing. */
    sample: StatsSample.optional(),
    calls: DriverCalls.optional(),
  }),
  /** Which providers Placement holds, by deployable name: the whole set. */
  z.object({
    kind: z.literal('providers'),
    ...origin,
    providers: z.array(z.object({ deployable: z.string(), providerId: Uuid })),
  }),
  /**
   * Which handles are held on the host: the whole set. Sent at the agent's start, when what was left unsettled has
   * been closed, and after every change. What a conductor does not know it lets detach; what is missing or not seen
   * attached it lets attach again.
   */
  z.object({
    kind: z.literal('attachments'),
    ...origin,
    attachments: z.array(HeldAttachment),
    /**
     * Handles whose record on disk was spoilt: somebody holds them, and who is not known there any more. They are
     * given to nobody until a detach has ended that.
     */
    unreadable: z.array(z.object({ driver: z.string(), handle: z.string() })),
    at: z.int(),
  }),
  z.object({
    kind: z.literal('operation-progress'),
    ...origin,
    operationId: Uuid,
    progress: z.number().min(0).max(1).nullable(),
    note: z.string().nullable(),
    at: z.int(),
  }),
  /**
   * Asks for a stretch of the image that an operation programs; with no length, for what the image is. Answered by
   * `image-part`s or an `image-refused`, by whichever conductor hears it; asked again when nothing comes.
   */
  z.object({
    kind: z.literal('image-wanted'),
    ...origin,
    operationId: Uuid,
    offset: z.int().nonnegative(),
    length: z.int().nonnegative(),
    at: z.int(),
  }),
  z.object({
    kind: z.literal('operation-result'),
    ...origin,
    operationId: Uuid,
    outcome: OperationOutcome,
    at: z.int(),
  }),
]);
export type Fact = z.output<typeof Fact>;
export type FactOf<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>;
