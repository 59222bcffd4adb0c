import { spawn } from 'node:child_process';
import { defineDriver } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

/** Runs one tool through the seam and one past it, and ends with both still running. */
export default defineDriver({
  ...quietDriver,
  discover: async ({ sys }) => {
    void sys.run('/bin/sleep', ['1001'], { readOnly: true });
    spawn('/bin/sleep', ['1002'], { detached: true, stdio: 'ignore' }).unref();
    return [];
  },
  status: async () => process.exit(1),
});
