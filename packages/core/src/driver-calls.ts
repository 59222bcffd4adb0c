import { z } from 'zod';
import { DriverErrorCode, DriverVerb } from './driver.ts';

/** How a call of a driver ended: well, or by the code of its failure. */
export const CallOutcome = z.union([z.literal('ok'), DriverErrorCode]);
export type CallOutcome = z.output<typeof CallOutcome>;

/** How long the calls of one verb that ended in one way took. */
export const CallDurations = z.object({
  verb: DriverVerb,
  outcome: CallOutcome,
  /** How many calls took so long: one number for each bound, those up to it and above the one before; last, the longer ones. */
  counts: z.array(z.int().nonnegative()),
  /** Of all of them. */
  seconds: z.number().nonnegative(),
});
export type CallDurations = z.output<typeof CallDurations>;

/** How long the calls of a driver have taken since its agent started; it only rises. */
export const DriverCalls = z.object({
  /** Upper bounds in seconds, rising. */
  bounds: z.array(z.number().positive()),
  durations: z.array(CallDurations),
});
export type DriverCalls = z.output<typeof DriverCalls>;
