import { acmeDriver } from '../acme/acme-driver.ts';
import { acmePackage } from '../acme/acme-package.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'answers a metric whose unit nobody knows',
  seen: 'exporters with bare numbers',
  checks: [],
};

const { cyborgDriver } = acmePackage;

export const packageJson = {
  ...acmePackage,
  cyborgDriver: { ...cyborgDriver, stats: cyborgDriver.stats.filter(({ name }) => name !== 'energy') },
};

export default acmeDriver;
