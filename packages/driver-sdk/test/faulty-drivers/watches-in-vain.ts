import type { DriverContext } from '../../src/driver-context.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import { acmePackage } from '../acme/acme-package.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'watches for events that never come',
  seen: 'sysfs has no inotify: a watch of its files sees nothing, ever',
  says: 'watch told nothing within 5000 ms of a card that was pulled out; expected the hint to look again',
  checks: [47],
  inProcess: true,
};

const { cyborgDriver } = acmePackage;
export const packageJson = {
  ...acmePackage,
  cyborgDriver: { ...cyborgDriver, verbs: [...cyborgDriver.verbs, 'watch'] },
};

export default {
  ...acmeDriver,
  async *watch({ signal }: DriverContext): AsyncGenerator<never, void> {
    await new Promise((_, reject) => signal.addEventListener('abort', reject));
  },
};
