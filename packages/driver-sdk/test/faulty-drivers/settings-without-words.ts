import { z } from 'zod';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'does not say what its settings mean',
  seen: 'homebridge plugins without a config schema',
  checks: [],
};

export default { ...acmeDriver, config: z.strictObject({ signingKey: z.string().default('acme-default') }) };
