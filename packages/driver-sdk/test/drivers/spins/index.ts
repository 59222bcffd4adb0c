import { defineDriver } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

export default defineDriver({
  ...quietDriver,
  discover: () => {
    for (;;);
  },
});
