import { acmeDriver } from '../acme/acme-driver.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'leaves the card attached on detach',
  seen: 'dell/csm#2010: an orphan after a detach that succeeded',
  says: 'via direct, after detach, status answered "attached"; expected "detached"',
  checks: [17, 21, 22, 24, 30, 31, 32, 33, 34, 37],
};

export default { ...acmeDriver, detach: async () => {} };
