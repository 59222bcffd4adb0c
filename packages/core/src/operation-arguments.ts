import { z } from 'zod';
import { AttachHandleType } from './attach-handle.ts';
import { Consumer } from './attachment.ts';
import type { OperationVerb } from './operation.ts';
import { PlannedStep } from './planned-step.ts';

/** The driver's own settings of one call, by name. */
const options = z.record(z.string().max(64), z.string().max(1024)).default({});

/** True: nothing is changed, and the result is the plan: what would be written and run, in order. */
const dryRun = z.boolean().default(false);

const handle = z.object({ id: z.string().min(1).max(255), type: AttachHandleType });

const install = z.object({
  /** Name of the layout wanted (VF count, MIG layout); left out: the driver's default. */
  profile: z.string().max(255).optional(),
  options,
  dryRun,
});

/** Arguments of each verb of an operation, as its command carries them beside the device. */
export const operationArguments = {
  discover: z.object({}),
  install,
  uninstall: install,
  /** Without `image` and `sha256` the agent fetches the image from the conductor. */
  program: z
    .object({
      /** Absolute path of an image that lies on the host. */
      image: z.string().startsWith('/').max(4096).optional(),
      /** What that file must hash to, so that nothing else is ever written to a card: lower-case hexadecimal. */
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256, 64 lower-case hexadecimal digits')
        .optional(),
      options,
      dryRun,
    })
    .refine(({ image, sha256 }) => (image === undefined) === (sha256 === undefined), {
      message: 'image and sha256 are said together or not at all',
      path: ['sha256'],
    }),
  /** Its result is an `AttachmentInfo`. */
  attach: z.object({ handle, consumer: Consumer, options, dryRun }),
  detach: z.object({
    handle,
    consumer: Consumer,
    options,
    /** True: detach whoever holds it. For an operator who knows that the holder is gone. */
    force: z.boolean().default(false),
    dryRun,
  }),
} as const satisfies Readonly<Record<OperationVerb, z.ZodObject>>;

export type OperationArguments<Verb extends OperationVerb> = z.output<(typeof operationArguments)[Verb]>;

/** Result of an operation that was a dry run. */
export const OperationPlan = z.object({ plan: z.array(PlannedStep) });
export type OperationPlan = z.output<typeof OperationPlan>;
