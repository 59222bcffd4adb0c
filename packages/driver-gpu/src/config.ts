import { z } from 'zod';
import type { GpuVendor } from './vendor.ts';

const vendors = ['nvidia', 'amd', 'intel'] as const satisfies readonly GpuVendor[];

/** Settings of the GPU driver. */
export const GpuConfig = z.strictObject({
  /** Whose GPUs are looked for. */
  vendors: z.array(z.enum(vendors)).default([...vendors]),
  /**
   * Addresses of GPUs that the host keeps for itself, with `*` for any text and `?` for any digit:
   * `0000:00:02.0`, the one of the console.
   */
  except: z
    .array(
      z
        .string()
        .toLowerCase()
        .regex(/^[0-9a-f:.*?]+$/, 'expected an address such as 0000:00:02.0, with * and ?'),
    )
    .default([]),
  nvidiaSmi: z
    .strictObject({
      /** False leaves the tool alone: identities then come from the kernel module, health from the bus. */
      use: z.boolean().default(true),
      /** After this it is ended, and what it would have said is unknown. */
      timeoutMs: z.int().min(100).max(120_000).default(15_000),
    })
    .prefault({}),
});
export type GpuConfig = z.output<typeof GpuConfig>;
