import { acmeDriver } from '../acme/acme-driver.ts';
import { acmePackage } from '../acme/acme-package.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'declares a verb that it lacks',
  seen: 'Cyborg: get_stats is declared and never called; kubernetes/kubernetes#141855',
  says: 'the driver defines discover, status, attach, detach, install, uninstall, program, stats and its manifest declares discover, status, attach, detach,',
  checks: [2],
};

export const packageJson = {
  ...acmePackage,
  cyborgDriver: { ...acmePackage.cyborgDriver, verbs: [...acmePackage.cyborgDriver.verbs, 'watch'] },
};

export default acmeDriver;
