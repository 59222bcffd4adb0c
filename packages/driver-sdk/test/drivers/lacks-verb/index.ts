import { defineDriver } from '../../../src/index.ts';
import { cardNumber, quietDriver } from '../quiet-driver.ts';

/** Its manifest promises `stats` and is silent about `install`. */
export default defineDriver({ ...quietDriver, install: async () => cardNumber(0) });
