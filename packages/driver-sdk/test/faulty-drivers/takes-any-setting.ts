import { z } from 'zod';
import { AcmeConfig, acmeDriver } from '../acme/acme-driver.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'takes settings that it does not know',
  seen: 'os-brick: settings are a free dict',
  says: 'the settings were taken with a key that does not exist in the root; expected them to be refused',
  checks: [5, 6],
};

export default { ...acmeDriver, config: z.looseObject(AcmeConfig.shape) };
