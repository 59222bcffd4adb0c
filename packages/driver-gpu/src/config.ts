import { z } from 'zod';
import type { GpuVendor } from './vendor.ts';

const vendors = ['nvidia', 'amd', 'intel'] as const satisfies readonly GpuVendor[];

/** Settings of the GPU driver. */
export const GpuConfig = z.strictObject({
  vendors: z
    .array(z.enum(vendors))
    .default([...vendors])
    .describe('Whose GPUs are looked for.'),
  except: z
    .array(
      z
        .string()
        .toLowerCase()
        .regex(/^[0-9a-f:.*?]+$/, 'expected an address such as 0000:00:02.0, with * and ?'),
    )
    .default([])
    .describe(
      'Addresses of GPUs that the host keeps for itself, with * for any text and ? for any digit: 0000:00:02.0, the one of the console.',
    ),
  nvidiaSmi: z
    .strictObject({
      use: z
        .boolean()
        .default(true)
        .describe(
          'False leaves the tool alone: identities then come from the kernel module, health from the bus.',
        ),
      timeoutMs: z
        .int()
        .min(100)
        .max(120_000)
        .default(15_000)
        .describe('After so many milliseconds it is ended, and what it would have said is unknown.'),
    })
    .prefault({})
    .describe('How nvidia-smi is asked.'),
});
export type GpuConfig = z.output<typeof GpuConfig>;
