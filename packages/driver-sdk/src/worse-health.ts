import type { Health } from '@cyborgjs/core';

const severity = { ok: 0, unknown: 1, degraded: 2, failed: 3 } as const;

/** The worse of two findings about a device; the first of two that are as bad. */
export function worseHealth(first: Health, second: Health): Health {
  return severity[second.state] > severity[first.state] ? second : first;
}
