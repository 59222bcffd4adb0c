import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDriverHost, resolveDriverPackage } from '@cyborgjs/driver-sdk/host';
import { buildMachine, sriovNic } from '@cyborgjs/driver-sdk/simulator';
import type { Bench } from './bench.ts';

const cards = 64;
const functions = 16;

/** A simulated machine of 64 cards with 16 virtual functions each, and the PCI driver on it, in its own process. */
async function prepare() {
  const root = join(mkdtempSync(join(tmpdir(), 'cyborg-bench-')), 'machine');
  const address = (card: number) => `0000:${(card + 16).toString(16)}:00.0`;
  buildMachine({
    root,
    cards: Array.from({ length: cards }, (_, card) =>
      sriovNic({ address: address(card), numVfs: functions }),
    ),
  });
  const host = createDriverHost({
    package: resolveDriverPackage({ name: '@cyborgjs/driver-pci', from: import.meta.dirname }),
    config: { devices: [{ vendor: '8086', class: '0200' }] },
    machine: { kind: 'simulated', root },
    log: () => {},
  });
  await host.start();
  process.once('beforeExit', () => void host.stop());
  const found = await host.call('discover', {});
  const handles = found.flatMap((device) => device.deployables.flatMap((deployable) => deployable.handles));
  if (found.length !== cards || handles.length !== cards * functions)
    throw new Error(
      `found ${found.length} cards with ${handles.length} functions, not ${cards} with ${cards * functions}`,
    );
  return { root, host };
}
let prepared: ReturnType<typeof prepare> | undefined;

/** One scan as an agent asks for it: the call into the driver's process, its reads, and its answer checked. */
export const bench: Bench = {
  what: `discover of a simulated host with ${cards} cards of ${functions} functions`,
  unit: 'ms',
  samples: 15,
  limit: { atMost: 300 },
  async measure() {
    prepared ??= prepare();
    const { host } = await prepared;
    const from = performance.now();
    await host.call('discover', {});
    return performance.now() - from;
  },
  baseline: {
    what: 'reading four files of each function, and nothing else',
    async measure() {
      const { root } = await (prepared as ReturnType<typeof prepare>);
      const from = performance.now();
      const devices = join(root, 'sys/bus/pci/devices');
      for (const name of readdirSync(devices))
        for (const file of ['vendor', 'device', 'class', 'numa_node'])
          readFileSync(join(devices, name, file));
      return performance.now() - from;
    },
  },
};
