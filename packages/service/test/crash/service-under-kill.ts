import { startCyborg } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { systemPorts } from '../../src/ports.ts';

/** A step of the service: the nth time that it comes to a place where something is stored or sent. */
export interface Step {
  readonly place: string;
  readonly time: number;
}

/** What a test tells the service. */
export type Order =
  /** Count from now on, and die at this step; null only counts. */
  { readonly watch: Step | null } | { readonly tellCounts: true } | { readonly stop: true };

/**
 * A whole `cyborgd all` in a child process that kills itself, by SIGKILL, at a step that it is told. Nothing of the
 * service is replaced: only the breakpoint is used.
 */
let isWatching = false;
let deadly: Step | null = null;
const counts = new Map<string, number>();

const ports = {
  ...systemPorts(process.env.SERVICE_LOG ?? 'silent'),
  breakpoint: (place: string) => {
    if (!isWatching) return;
    const time = (counts.get(place) ?? 0) + 1;
    counts.set(place, time);
    if (place === deadly?.place && time === deadly.time) process.kill(process.pid, 'SIGKILL');
  },
};

process.on('message', (order: Order) => {
  if ('watch' in order) {
    isWatching = true;
    deadly = order.watch;
    process.send?.({ watching: true });
  }
  if ('tellCounts' in order) process.send?.({ counts: [...counts] });
  if ('stop' in order) void cyborg.stop().then(() => process.exit(0));
});

const config = loadConfig({ config: process.argv[2] as string }, {});
const cyborg = await startCyborg(config, { api: true, conductor: true, agent: true }, ports);
await cyborg.scanned;
process.send?.({ url: cyborg.url, tokenFile: cyborg.tokenFile });
