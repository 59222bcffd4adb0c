import { startCyborg } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { systemPorts } from '../../src/ports.ts';

/**
 * A whole `cyborgd all` in a child process that kills itself, by SIGKILL, at the nth thing that it stores or sends
 * after it was told to count. Nothing of the service is replaced: only the breakpoint is used.
 */
let untilKill = Number.POSITIVE_INFINITY;
let passed = 0;

const ports = {
  ...systemPorts(process.env.SERVICE_LOG ?? 'silent'),
  breakpoint: (place: string) => {
    if (untilKill === Number.POSITIVE_INFINITY) return;
    passed += 1;
    if (passed < untilKill) return;
    process.send?.({ killedAt: place });
    process.kill(process.pid, 'SIGKILL');
  },
};

process.on('message', (message: { killAt?: number; stop?: true }) => {
  if (message.killAt !== undefined) {
    untilKill = message.killAt;
    process.send?.({ counting: true });
  }
  if (message.stop) void cyborg.stop().then(() => process.exit(0));
});

const config = loadConfig({ config: process.argv[2] as string }, {});
const cyborg = await startCyborg(config, { api: true, conductor: true, agent: true }, ports);
await cyborg.scanned;
process.send?.({ url: cyborg.url, tokenFile: cyborg.tokenFile });
