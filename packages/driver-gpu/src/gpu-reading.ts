import type { DiscoveredDevice } from '@cyborgjs/core';

/** What a GPU's own software says of it, beside what the bus says. */
export type GpuReading = Pick<DiscoveredDevice, 'identity' | 'health' | 'firmware' | 'attributes'>;

/** The reading of a GPU whose own driver does not have it at the moment, or has nothing to say. */
export const silentReading: GpuReading = {
  identity: null,
  health: { state: 'ok' },
  firmware: {},
  attributes: {},
};
