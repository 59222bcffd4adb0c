import type { DriverContext } from '../../src/driver-context.ts';
import { watchPci } from '../../src/pci/watch-pci.ts';
import type { WatchHint } from '../../src/watch-hint.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import { acmePackage } from '../acme/acme-package.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'tells otherwise of the health of a card than it finds it',
  seen: 'common: an event handler and a poller that judge the same fault each in its own way',
  says: 'after a card had failed, watch told that 0000:06:00.0 is degraded: an error was counted, and discover says of it {"state":"failed"',
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
  async *watch(context: DriverContext): AsyncGenerator<WatchHint, void> {
    for await (const hint of watchPci(context, { match: { vendor: '1d55', device: 'a010' } }))
      yield hint.type === 'health'
        ? { ...hint, health: { state: 'degraded', reason: 'an error was counted' } }
        : hint;
  },
};
