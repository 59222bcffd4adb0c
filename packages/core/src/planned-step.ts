import { z } from 'zod';

/** What a driver would do to the machine. */
export const PlannedStep = z.discriminatedUnion('verb', [
  z.object({ verb: z.literal('write'), path: z.string(), text: z.string() }),
  z.object({ verb: z.literal('run'), tool: z.string(), args: z.array(z.string()) }),
  /** A function of a vendor's library; its argument is JSON text. */
  z.object({ verb: z.literal('invoke'), port: z.string(), method: z.string(), argument: z.string() }),
]);
export type PlannedStep = z.output<typeof PlannedStep>;
