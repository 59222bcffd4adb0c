import { readFileSync } from 'node:fs';
import { ResourceClass } from '@cyborgjs/core';
import { DriverError, defineDriver } from '@cyborgjs/driver-sdk';
import { z } from 'zod';

const device = {
  identity: 'MOODY-1',
  kind: 'AICHIP' as const,
  vendor: 'acme',
  model: 'Moody',
  address: 'slot0',
  numaNode: null,
  health: { state: 'ok' as const },
  firmware: {},
  attributes: {},
  deployables: [
    {
      name: 'moody0',
      resourceClass: ResourceClass.parse('CUSTOM_MOODY'),
      traits: [],
      handles: [{ id: 'moody0', type: 'TEST_PCI' as const, info: {} }],
    },
  ],
};

/**
 * Behaves as the file `/mood` of its machine says; in a bad mood its `discover` never gives an answer. Its only reading
 * is in the file `/cheer`; with a word in it, `stats` fails or does not come back.
 */
export default defineDriver({
  config: z.strictObject({ fifo: z.string() }),
  async discover({ sys, config }) {
    switch ((await sys.read('/mood'))?.trim()) {
      case 'throws':
        throw new DriverError('hardware', 'the card answers nonsense', { hint: 'reseat the card' });
      case 'spins':
        for (;;);
      case 'exits':
        return process.exit(3);
      case 'answers garbage':
        return [{ ...device, health: 'splendid' }] as never;
      case 'hangs in a system call':
        // Nobody ever writes into it: open(2) does not come back.
        readFileSync(config.fifo);
    }
    return [device];
  },
  status: async () => 'detached',
  attach: async () => {
    throw new DriverError('unsupported', 'not in this test');
  },
  detach: async () => {},
  async stats({ sys, signal }, devices) {
    const cheer = (await sys.read('/cheer'))?.trim() ?? '';
    if (cheer === 'sulks') return new Promise((_, reject) => signal.addEventListener('abort', reject));
    if (cheer === 'throws') throw new DriverError('hardware', 'no sensor answers');
    const stranger = { 'ANOTHER-CARD': { cheer: 1 } };
    return {
      ...Object.fromEntries(devices.map(({ identity }) => [identity, { cheer: Number(cheer) }])),
      ...stranger,
    };
  },
});
