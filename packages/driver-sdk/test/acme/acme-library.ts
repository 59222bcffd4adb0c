import { z } from 'zod';
import { DriverError, definePort } from '../../src/index.ts';

const Card = z.strictObject({ address: z.string() });

/** The vendor's library for what no file and no tool sets; here it is never installed, its doubles are. */
export const acmeml = definePort({
  reads: { powerLimit: { argument: Card, result: z.number().positive() } },
  writes: { setPowerLimit: Card.extend({ watts: z.number().positive() }) },
  open: () => {
    throw new DriverError('unsupported', 'libacmeml.so is not installed');
  },
});
