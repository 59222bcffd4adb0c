import { z } from 'zod';
import { RetryAdvice } from './driver.ts';
import { Image } from './image.ts';
import { OperationFailure, OperationVerb } from './operation.ts';
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
  /**
   * A piece of the image that an operation programs, as the agent asked for it (`image-wanted`); without bytes where
   * it asked only what the image is. Not stored: what is lost on the way, the agent asks for again.
   */
  z.object({
    kind: z.literal('image-part'),
    operationId: Uuid,
    image: Image,
    /** Where in the image the bytes belong. */
    offset: z.int().nonnegative(),
    /** Base64. */
    bytes: z.string(),
  }),
  /** Why the image of an operation cannot be had; `retry` says whether and when another attempt may help. */
  z.object({
    kind: z.literal('image-refused'),
    operationId: Uuid,
    error: OperationFailure,
    retry: RetryAdvice,
  }),
]);
export type Command = z.output<typeof Command>;
export type CommandOf<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;
