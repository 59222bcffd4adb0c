import { acmeDriver } from '../acme/acme-driver.ts';
import { acmePackage } from '../acme/acme-package.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'answers a metric whose unit nobody knows',
  seen: 'common: numbers without a unit',
  says: 'stats answers energy, and the manifest declares no such metric; expected it with its unit and kind',
  checks: [48],
};

const { cyborgDriver } = acmePackage;

export const packageJson = {
  ...acmePackage,
  cyborgDriver: { ...cyborgDriver, stats: cyborgDriver.stats.filter(({ name }) => name !== 'energy') },
};

export default acmeDriver;
