import { acmeDriver } from '../acme/acme-driver.ts';
import { acmePackage } from '../acme/acme-package.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'declares a verb that it lacks',
  seen: 'Cyborg: get_stats is declared and never there; kubernetes#141855',
  checks: [],
};

export const packageJson = {
  ...acmePackage,
  cyborgDriver: { ...acmePackage.cyborgDriver, verbs: [...acmePackage.cyborgDriver.verbs, 'watch'] },
};

export default acmeDriver;
