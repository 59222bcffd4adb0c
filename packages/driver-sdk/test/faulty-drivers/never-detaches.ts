import { acmeDriver } from '../acme/acme-driver.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'leaves the card attached on detach',
  seen: 'dell/csm#2010: an orphan after a detach that succeeded',
  checks: [17, 22, 24, 26, 28, 30, 31, 32, 33, 34, 46],
};

export default { ...acmeDriver, detach: async () => {} };
