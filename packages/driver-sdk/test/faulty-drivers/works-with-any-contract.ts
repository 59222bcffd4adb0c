import { acmeDriver } from '../acme/acme-driver.ts';
import { acmePackage } from '../acme/acme-package.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'claims to work with every contract',
  seen: 'homebridge: a wrong engines range is only logged; arachnetech/homebridge-mqttthing#733',
  says: 'the api range >=1.0.0 takes contract 99.0.0, which it cannot know; expected it to be refused before anything of it is run. Write ^1.0.0',
  checks: [3],
};

export const packageJson = {
  ...acmePackage,
  cyborgDriver: { ...acmePackage.cyborgDriver, api: '>=1.0.0' },
};

export default acmeDriver;
