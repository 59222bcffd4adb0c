import { spawn } from 'node:child_process';
import type { Bench } from './bench.ts';
import { startBuiltService, untilAnswered } from './built-service.ts';

/** From the start of the process to the first answer of the API, on an empty state directory. */
export const bench: Bench = {
  what: 'start of `cyborgd all`, new state, to the first answer of /healthz',
  unit: 'ms',
  samples: 7,
  limit: { atMost: 1000 },
  async measure() {
    const from = performance.now();
    const service = startBuiltService(16_666);
    const taken = await untilAnswered(`http://127.0.0.1:${service.port}/healthz`, from);
    await service.stop();
    return taken;
  },
  baseline: {
    what: 'a bare Node HTTP server',
    async measure() {
      const from = performance.now();
      const script = "require('node:http').createServer((q, r) => r.end()).listen(16667, '127.0.0.1')";
      const server = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
      const taken = await untilAnswered('http://127.0.0.1:16667/', from);
      server.kill();
      return taken;
    },
  },
};
