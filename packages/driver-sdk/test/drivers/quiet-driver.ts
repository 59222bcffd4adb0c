import { type DiscoveredDevice, ResourceClass, Trait } from '@cyborgjs/core';
import { z } from 'zod';
import type { AttachmentInfo, AttachRequest, AttachStatus } from '../../src/index.ts';

/** A driver that does nothing wrong; the fixtures each do one thing differently. */
export const quietDriver = {
  config: z.strictObject({}),
  discover: async (): Promise<DiscoveredDevice[]> => [],
  status: async (): Promise<AttachStatus> => 'detached',
  attach: async (_context: unknown, { handle }: AttachRequest): Promise<AttachmentInfo> => ({
    type: handle.type,
    info: { id: handle.id },
  }),
  detach: async (): Promise<void> => {},
};

/** A healthy card with one handle, known by a number. */
export const cardNumber = (number: number): DiscoveredDevice => ({
  identity: `card-${number}`,
  kind: 'FPGA',
  vendor: '1d55',
  model: 'A10',
  address: `slot-${number}`,
  numaNode: 0,
  health: { state: 'ok' },
  firmware: { shell: '1.2' },
  attributes: {},
  deployables: [
    {
      name: `slot-${number}`,
      resourceClass: ResourceClass.parse('FPGA'),
      traits: [Trait.parse('CUSTOM_FPGA_ACME')],
      handles: [{ id: `handle-${number}`, type: 'TEST_PCI', info: { slot: String(number) } }],
    },
  ],
});
