import { z } from 'zod';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'does not say what its settings mean',
  seen: 'homebridge: a schema of the settings is optional',
  says: "the setting signingKey is not described; expected .describe('…') in its schema",
  checks: [6],
};

export default { ...acmeDriver, config: z.strictObject({ signingKey: z.string().default('acme-default') }) };
