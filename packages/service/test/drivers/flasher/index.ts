import { type DiscoveredDevice, ResourceClass } from '@cyborgjs/core';
import { type DriverContext, DriverError, defineDriver } from '@cyborgjs/driver-sdk';
import { z } from 'zod';

async function look({ sys }: Pick<DriverContext, 'sys'>): Promise<DiscoveredDevice> {
  return {
    identity: 'CARD-1',
    kind: 'FPGA',
    vendor: 'acme',
    model: 'Flashable',
    address: 'slot0',
    numaNode: null,
    health: { state: 'ok' },
    firmware: { shell: (await sys.read('/card/firmware'))?.trim() || 'none' },
    attributes: {},
    deployables: [
      {
        name: 'card0',
        resourceClass: ResourceClass.parse('FPGA'),
        traits: [],
        handles: ['part0', 'part1'].map((id) => ({ id, type: 'TEST_PCI' as const, info: {} })),
      },
    ],
  };
}

/**
 * A card of files under `/card`: `firmware`, and for each of its two parts the consumer that has it and a switch. An
 * image is flashed line by line, with a pause of `pauseMs` before each. `discover` answers `lookMs` after it has looked.
 */
export default defineDriver({
  config: z.strictObject({ pauseMs: z.int().default(0), lookMs: z.int().default(0) }),
  async discover(context) {
    const seen = await look(context);
    await context.pause(context.config.lookMs);
    return [seen];
  },
  async status({ sys }, { handle }) {
    const holder = (await sys.read(`/card/${handle.id}.holder`))?.trim();
    const isOn = (await sys.read(`/card/${handle.id}.on`))?.trim() === '1';
    if (isOn && holder) return 'attached';
    return isOn || holder ? 'partial' : 'detached';
  },
  async attach({ sys }, { handle, consumer }) {
    const holder = await sys.read(`/card/${handle.id}.holder`);
    if (holder === undefined) throw new DriverError('not_found', `there is no part ${handle.id}`);
    if (holder.trim() !== consumer.id) await sys.write(`/card/${handle.id}.holder`, `${consumer.id}\n`);
    if ((await sys.read(`/card/${handle.id}.on`))?.trim() !== '1')
      await sys.write(`/card/${handle.id}.on`, '1\n');
    return { type: handle.type, info: { part: handle.id } };
  },
  async detach({ sys }, { handle }) {
    for (const fact of ['on', 'holder']) {
      const path = `/card/${handle.id}.${fact}`;
      if ((await sys.read(path))?.trim()) await sys.write(path, '\n');
    }
  },
  async install(context) {
    await context.sys.write('/card/layout', 'split\n');
    return look(context);
  },
  async program({ sys, config, pause, progress }, { image }) {
    const lines = ((await sys.read(image)) ?? '').trim().split('\n');
    const version = lines[0] ?? '';
    for (const [index, line] of lines.entries()) {
      await pause(config.pauseMs);
      await sys.write('/card/firmware', `${line}\n`);
      progress((index + 1) / lines.length, `line ${index + 1}`);
    }
    await sys.write('/card/firmware', `${version}\n`);
    return { version };
  },
});
