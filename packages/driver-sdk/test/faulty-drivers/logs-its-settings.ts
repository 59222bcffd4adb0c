import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'logs its settings, the secret ones too',
  seen: 'common: a first line that prints the whole configuration',
  says: 'discover lets a secret of the settings out: it is in the log line "looking for cards {\\"settings\\":{\\"signingKey\\":\\"a-key-for-the-l"; expected it',
  checks: [6],
};

export default {
  ...acmeDriver,
  discover: async (context: AcmeContext) => {
    context.log.info('looking for cards', { settings: context.config });
    return acmeDriver.discover(context);
  },
};
