import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createDriverHost,
  type DriverHost,
  type DriverPackage,
  resolveDriverPackage,
} from '@cyborgjs/driver-sdk/host';
import type { Bench } from './bench.ts';

const callsPerSample = 200;

let small: DriverPackage | undefined;
/** A driver of a few lines, without dependencies: what is measured is the host. */
function smallDriver(): DriverPackage {
  small ??= writeSmallDriver(mkdtempSync(join(tmpdir(), 'cyborg-bench-driver-')));
  return small;
}

function writeSmallDriver(directory: string): DriverPackage {
  const manifest = {
    id: 'bench',
    api: '^1.0',
    entry: '.',
    verbs: ['discover', 'status', 'attach', 'detach'],
    match: [],
    permissions: { read: ['/sys/bus/**'], write: [], tools: [] },
  };
  const contents = { name: 'bench', version: '1.0.0', type: 'module', exports: './index.js' };
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ ...contents, cyborgDriver: manifest }));
  writeFileSync(
    join(directory, 'index.js'),
    `export default {
      config: { safeParseAsync: async (data) => ({ success: true, data }) },
      discover: async () => { for (;;); },
      status: async () => 'detached',
      attach: async () => ({ type: 'PCI', info: {} }),
      detach: async () => {},
    };\n`,
  );
  return resolveDriverPackage({ directory });
}

function hostOf(driver: DriverPackage, config: unknown = {}): DriverHost {
  const machine = { kind: 'real', root: '/' } as const;
  return createDriverHost({ package: driver, config, machine, log: () => {} });
}

async function started(host: DriverHost): Promise<DriverHost> {
  await host.start();
  const { state, failure } = host.status();
  if (state !== 'running') throw new Error(`the driver is ${state}: ${failure?.message}`);
  return host;
}

const pci = (): DriverHost =>
  hostOf(resolveDriverPackage({ name: '@cyborgjs/driver-pci', from: import.meta.dirname }), {
    devices: [{ vendor: '8086', class: '0200' }],
  });

/** Starts a Node process with nothing in it, and waits for its first sign of life. */
async function bareProcess() {
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("x"); setInterval(() => {}, 1e6)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  return child;
}

function privateMemory(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kibibytes = [...rollup.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB$/gm)].map(([, size]) =>
    Number(size),
  );
  return kibibytes.reduce((sum, size) => sum + size, 0) / 1024;
}

const request = {
  device: { identity: 'card', address: 'slot' },
  handle: { id: 'handle', type: 'PCI' },
  consumer: { type: 'host', id: 'bench', via: 'direct' },
  options: {},
} as const;

/** Milliseconds of each of so many calls, one after the other. */
async function timesOf(call: () => Promise<unknown>, during: (taken: number) => boolean): Promise<number[]> {
  const times: number[] = [];
  while (during(times.length)) {
    const from = performance.now();
    await call();
    times.push(performance.now() - from);
  }
  return times.sort((one, other) => one - other);
}

const share = (times: readonly number[], part: number): number =>
  times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;

let sibling: Promise<DriverHost> | undefined;
const siblingHost = (): Promise<DriverHost> => {
  sibling ??= started(hostOf(smallDriver()));
  return sibling;
};

let echo: Promise<() => Promise<void>> | undefined;
let echoing: ChildProcess | undefined;
/** A line to a Node process that sends it back, over the same kind of stream. */
const bareEcho = (): Promise<() => Promise<void>> => {
  echo ??= (async () => {
    const source = "const s = new (require('node:net').Socket)({ fd: 3 }); s.pipe(s)";
    const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const wire = child.stdio[3];
    if (!(wire instanceof Socket)) throw new Error('no wire');
    echoing = child;
    const lines = createInterface({ input: wire });
    return async () => {
      const line = once(lines, 'line');
      wire.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'call', params: request })}\n`);
      await line;
    };
  })();
  return echo;
};

/** Has a driver spin and waits for its replacement; meanwhile another driver is called. */
async function spin(): Promise<{ readonly replacedMs: number; readonly siblingMs: number }> {
  const other = await siblingHost();
  const host = await started(hostOf(smallDriver()));
  const from = performance.now();
  let replacedMs = Number.NaN;
  const spun = host.call('discover', {}).catch(async () => {
    while (host.status().state !== 'running') await delay(5);
    replacedMs = performance.now() - from;
  });
  const times = await timesOf(
    () => other.call('status', request),
    () => Number.isNaN(replacedMs),
  );
  await spun;
  await host.stop();
  return { replacedMs, siblingMs: share(times, 0.99) };
}

/** Ends the processes that the benches share, and removes the driver that they run. */
export async function close(): Promise<void> {
  echoing?.kill();
  await (await sibling)?.stop();
  if (small !== undefined) rmSync(small.directory, { recursive: true });
}

export const benches: Readonly<Record<string, Bench>> = {
  start: {
    what: 'start of the process of a driver (driver-pci), from nothing to its first possible call',
    unit: 'ms',
    samples: 25,
    limit: { atMost: 60 },
    async measure() {
      const host = pci();
      const from = performance.now();
      await started(host);
      const took = performance.now() - from;
      await host.stop();
      return took;
    },
    baseline: {
      what: 'a bare Node process',
      async measure() {
        const from = performance.now();
        const child = await bareProcess();
        const took = performance.now() - from;
        child.kill();
        return took;
      },
    },
  },
  'round trip': {
    what: `median of ${callsPerSample} calls that do nothing, into a driver's process and back`,
    unit: 'ms',
    samples: 15,
    limit: { atMost: 0.2 },
    async measure() {
      const host = await siblingHost();
      return share(
        await timesOf(
          () => host.call('status', request),
          (taken) => taken < callsPerSample,
        ),
        0.5,
      );
    },
    baseline: {
      what: 'a line to a bare process and back',
      async measure() {
        const call = await bareEcho();
        return share(await timesOf(call, (taken) => taken < callsPerSample), 0.5);
      },
    },
  },
  replacement: {
    what: 'from a driver that begins to spin to the next process that runs',
    unit: 'ms',
    samples: 3,
    limit: { atMost: 5000 },
    measure: async () => (await spin()).replacedMs,
  },
  sibling: {
    what: 'slowest hundredth of calls to a driver while another spins and is replaced',
    unit: 'ms',
    samples: 3,
    measure: async () => (await spin()).siblingMs,
    baseline: {
      what: 'the same undisturbed',
      async measure() {
        const host = await siblingHost();
        const until = performance.now() + 4000;
        const call = () => host.call('status', request);
        return share(await timesOf(call, () => performance.now() < until), 0.99);
      },
    },
  },
  memory: {
    what: 'memory that a driver (driver-pci) shares with nobody',
    unit: 'MiB',
    samples: 5,
    limit: { atMost: 25 },
    async measure() {
      const host = await started(pci());
      await host.call('discover', {});
      const held = privateMemory(host.processId ?? 0);
      await host.stop();
      return held;
    },
    baseline: {
      what: 'a bare Node process',
      async measure() {
        const child = await bareProcess();
        const held = privateMemory(child.pid ?? 0);
        child.kill();
        return held;
      },
    },
  },
};
