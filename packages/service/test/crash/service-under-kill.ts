import { flushCompileCache } from 'node:module';
import type { OperationVerb } from '@cyborgjs/core';
import { startCyborg } from '../../src/compose.ts';
import { defaultConductorSettings } from '../../src/conductor/conductor-settings.ts';
import { lockDevice } from '../../src/conductor/lock-device.ts';
import { findRepeat, startOperation } from '../../src/conductor/start-operation.ts';
import { loadConfig } from '../../src/config.ts';
import { systemPorts } from '../../src/ports.ts';
import { partsOf, type Role } from '../../src/roles.ts';
import { createStore } from '../../src/store/create-store.ts';
import { storeTarget } from '../../src/store-target.ts';

/** A step of the service: the nth time that it comes to a place where something is stored or sent. */
export interface Step {
  readonly place: string;
  readonly time: number;
}

/** An operation that is asked for; the same key again is the same operation. */
export interface Wanted {
  readonly verb: OperationVerb;
  readonly device: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly key: string;
}

/** What a test tells the service. */
export type Order =
  /** Count from now on, and die at this step; null only counts. */
  | { readonly watch: Step | null }
  | { readonly tellCounts: true }
  | { readonly stop: true }
  /** Ask for an operation on a device, as another process would: in the store. */
  | { readonly start: Wanted };

/**
 * A whole `cyborgd`, all of it or one role, in a child process that kills itself, by SIGKILL, at a step that it is told. Nothing of the
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
  if ('start' in order) void start(order.start);
  if ('stop' in order) void stop();
});

const config = loadConfig({ config: process.argv[2] as string }, {});
const cyborg = await startCyborg(config, partsOf((process.argv[3] ?? 'all') as Role, config), ports);
await cyborg.scanned;
const store = await createStore(storeTarget(config), ports);
// Only a process that ends by itself would leave what the next one need not compile.
flushCompileCache();
process.send?.({ url: cyborg.url, tokenFile: cyborg.tokenFile });

async function start({ verb, device: id, arguments: given, key }: Wanted): Promise<void> {
  const operation = await store.transaction(async (transaction) => {
    const device = await lockDevice(transaction, id);
    const { host, driver } = device;
    const asker = { requestedBy: 'test', idempotencyKey: key };
    const order = { verb, host, driver, device, arguments: given, asker };
    const context = { ...ports, settings: { ...defaultConductorSettings, ...config.conductor } };
    return (await findRepeat(transaction, order)) ?? startOperation(transaction, order, context);
  });
  process.send?.({ started: operation.id });
}

async function stop(): Promise<void> {
  await cyborg.stop();
  await store.close();
  process.exit(0);
}
