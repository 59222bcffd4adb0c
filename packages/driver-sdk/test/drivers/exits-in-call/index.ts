import { defineDriver } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

export default defineDriver({
  ...quietDriver,
  discover: () => {
    console.error('the vendor library found no licence');
    process.exit(0);
  },
});
