import * as z from 'zod';
import { parseLayout } from './layout.ts';
import type { GpuVendor } from './vendor.ts';

const vendors = ['nvidia', 'amd', 'intel'] as const satisfies readonly GpuVendor[];

const AddressGlob = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f:.*?]+$/, 'expected an address such as 0000:00:02.0, with * and ?');

function isLayout(name: string): boolean {
  try {
    parseLayout(name);
    return true;
  } catch {
    return false;
  }
}

/** Settings of the GPU driver. */
export const GpuConfig = z.strictObject({
  vendors: z
    .array(z.enum(vendors))
    .default([...vendors])
    .describe('Whose GPUs are looked for.'),
  except: z
    .array(AddressGlob)
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
  kernelLog: z
    .strictObject({
      use: z
        .boolean()
        .default(true)
        .describe('Whether errors of NVIDIA GPUs (Xid) are looked for in the kernel log.'),
      ignoreXids: z
        .array(z.int().positive())
        .default([])
        .describe('Numbers of errors that do not count: 31, for one that was looked into.'),
    })
    .prefault({})
    .describe('How the kernel log is read.'),
  layouts: z
    .array(
      z.strictObject({
        cards: AddressGlob.default('*').describe('Addresses of the cards, with * and ?.'),
        layout: z
          .string()
          .min(1)
          .max(200)
          .refine(
            isLayout,
            'expected a layout such as whole, all-1g.10gb, 3g.40gb,4g.40gb, T4-2Q, vfs-4 or CPX/NPS4',
          )
          .describe('What they are cut into: whole, all-1g.10gb, 3g.40gb,4g.40gb, T4-2Q, vfs-4 or CPX/NPS4.'),
      }),
    )
    .default([])
    .describe(
      'What cards are cut into when they are installed without a profile; the first that fits counts.',
    ),
});
export type GpuConfig = z.output<typeof GpuConfig>;
