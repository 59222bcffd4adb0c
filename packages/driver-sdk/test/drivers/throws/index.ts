import { defineDriver } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

export default defineDriver({
  ...quietDriver,
  discover: () => {
    throw new TypeError('cannot read properties of undefined', { cause: new Error('a card without a name') });
  },
});
