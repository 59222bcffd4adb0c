import { acmeDriver } from '../acme/acme-driver.ts';
import { acmePackage } from '../acme/acme-package.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'asks for permission to write everywhere',
  seen: 'Cyborg: one privileged context with CAP_SYS_ADMIN for all',
  says: 'permissions.write has /sys/**; expected the attributes that it writes, by name',
  checks: [1],
};

const { cyborgDriver } = acmePackage;

export const packageJson = {
  ...acmePackage,
  cyborgDriver: { ...cyborgDriver, permissions: { ...cyborgDriver.permissions, write: ['/sys/**'] } },
};

export default acmeDriver;
