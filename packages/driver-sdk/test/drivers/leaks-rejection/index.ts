import { defineDriver } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

export default defineDriver({
  ...quietDriver,
  discover: async () => {
    setTimeout(() => void Promise.reject(new Error('nobody waits for me')), 20);
    return [];
  },
  status: () => new Promise(() => {}),
});
