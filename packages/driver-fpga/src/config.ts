import * as z from 'zod';
import type { FpgaFamily } from './models.ts';

const families = ['intel', 'alveo'] as const satisfies readonly FpgaFamily[];

/** Settings of the FPGA driver. */
export const FpgaConfig = z.strictObject({
  families: z
    .array(z.enum(families))
    .default([...families])
    .describe('Which cards are looked for.'),
  except: z
    .array(
      z
        .string()
        .toLowerCase()
        .regex(/^[0-9a-f:.*?]+$/, 'expected an address such as 0000:5e:00.0, with * and ?'),
    )
    .default([])
    .describe(
      'Addresses of cards that the host keeps for itself, with * for any text and ? for any digit: 0000:5e:*.',
    ),
});
export type FpgaConfig = z.output<typeof FpgaConfig>;
