import { defineDriver } from '../../../src/index.ts';
import { cardNumber, quietDriver } from '../quiet-driver.ts';

const garbage: unknown[] = [{ ...cardNumber(0), health: { state: 'splendid' } }];

export default defineDriver({
  ...quietDriver,
  discover: async () => garbage as [],
  status: async () => 'perhaps' as 'attached',
  // A value that cannot be sent at all.
  attach: async () => ({ type: 'PCI', info: { size: 1n as unknown as string } }),
  // Two devices of one identity, by way of the only verb left.
  program: async () => ({}) as { version: string },
});
