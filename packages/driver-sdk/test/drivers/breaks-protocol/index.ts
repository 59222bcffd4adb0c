import { writeSync } from 'node:fs';
import { defineDriver } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

/** Writes to the wire behind the SDK's back. */
export default defineDriver({
  ...quietDriver,
  discover: async () => {
    writeSync(3, '{"jsonrpc":"2.0","method":"progress","params":{"fraction":7}}\n');
    writeSync(3, '{"jsonrpc":"2.0","id":1,"result":{},"extra":true}\n');
    return [];
  },
  status: () => {
    writeSync(3, 'Segmentation fault\n');
    return new Promise(() => {});
  },
});
