import type { StoredDriverCalls } from '../store/driver-stats.ts';

const name = 'cyborg_driver_call_duration_seconds';

/**
 * How long calls of drivers took, as a histogram in Prometheus' text format. Agents count; what they have told not long
 * ago is shown as it is, each host by itself, so that an agent that starts anew is a counter that does.
 */
export function callSeries(drivers: readonly StoredDriverCalls[]): string {
  const lines = drivers.flatMap(({ host, driver, calls: { bounds, durations } }) =>
    durations.flatMap(({ verb, outcome, counts, seconds }) => {
      const labels = Object.entries({ host, driver, verb, outcome }).map(labelOf).join(',');
      let total = 0;
      const buckets = [...bounds.map(String), '+Inf'].map((bound, at) => {
        total += counts[at] ?? 0;
        return `${name}_bucket{${labels},le="${bound}"} ${total}`;
      });
      return [...buckets, `${name}_sum{${labels}} ${seconds}`, `${name}_count{${labels}} ${total}`];
    }),
  );
  if (lines.length === 0) return '';
  return [
    `# HELP ${name} How long calls of drivers took, with the wait for the device and for the driver's process.`,
    `# TYPE ${name} histogram`,
    ...lines,
    '',
  ].join('\n');
}

const labelOf = ([label, value]: [string, string]): string =>
  `${label}="${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`;
