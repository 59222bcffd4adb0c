import type { DiscoveredDevice, Health } from '@cyborgjs/core';

/** What a GPU's own software says of it, beside what the bus says. */
export type GpuReading = Pick<DiscoveredDevice, 'identity' | 'health' | 'firmware' | 'attributes'>;

/** The reading of a GPU whose own driver does not have it at the moment, or has nothing to say. */
export const silentReading: GpuReading = {
  identity: null,
  health: { state: 'ok' },
  firmware: {},
  attributes: {},
};

/** Drops what is not known and what nobody could read. */
export function knownFacts(
  facts: Readonly<Record<string, string | null | undefined>>,
): Record<string, string> {
  const known: Record<string, string> = {};
  for (const [name, value] of Object.entries(facts))
    if (value != null && /^[\x20-\x7e]{1,200}$/.test(value)) known[name] = value;
  return known;
}

const severity = { ok: 0, unknown: 1, degraded: 2, failed: 3 } as const;

/** The worse of two findings; the first of two that are as bad. */
export function worseHealth(first: Health, second: Health): Health {
  return severity[second.state] > severity[first.state] ? second : first;
}
