import { z } from 'zod';
import { OperationVerb } from './operation.ts';
import { Uuid } from './uuid.ts';

/** Everything a conductor sends down to an agent. Delivered at least once; applying one twice changes nothing. */
export const Command = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('operation'),
    operationId: Uuid,
    verb: OperationVerb,
    /** Null for a `discover` with all drivers. */
    driver: z.string().nullable(),
    device: z.object({ identity: z.string(), address: z.string() }).nullable(),
    /** Arguments of the verb, as the driver contract names them. */
    arguments: z.record(z.string(), z.unknown()),
    /** Milliseconds since the epoch. */
    deadlineAt: z.int(),
  }),
  z.object({ kind: z.literal('cancel'), operationId: Uuid }),
  /**
   * Which devices of the host an operator has opened: the whole set, numbered. The agent keeps the highest
   * revision, on disk, and closes everything else in Placement.
   */
  z.object({
    kind: z.literal('admit'),
    revision: z.int().nonnegative(),
    open: z.array(z.object({ driver: z.string(), identity: z.string() })),
  }),
]);
export type Command = z.output<typeof Command>;
export type CommandOf<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;
