import type { StatsMetric, StatsReading } from '@cyborgjs/core';
import { Counter, Gauge, Registry } from 'prom-client';
import type { StoredDeviceStats } from '../store/driver-stats.ts';

/**
 * How long after they came in readings are shown to Prometheus. It bridges holes of five minutes itself; what is older
 * would be told as if it were read now.
 */
export const readingsLastMs = 300_000;

const labelNames = ['host', 'driver', 'device'] as const;

/**
 * The readings of devices in Prometheus' text format, a series for each metric of each device. Made anew for each
 * scrape: a device that is gone has no series any more.
 */
export function deviceSeries(stats: readonly StoredDeviceStats[]): Promise<string> {
  const registry = new Registry();
  const families = new Map<string, (labels: Labels, value: number) => void>();
  for (const { host, driver, device, readings } of stats)
    for (const reading of readings) {
      const name = seriesName(reading);
      const set = families.get(name) ?? addFamily(registry, name, reading);
      families.set(name, set);
      set({ host, driver, device }, reading.value);
    }
  return registry.metrics();
}

type Labels = Readonly<Record<(typeof labelNames)[number], string>>;

function addFamily(registry: Registry, name: string, { kind, unit, name: metric }: StatsReading) {
  const options = {
    name,
    help: `What drivers read as ${metric} of a device, in ${unit}.`,
    labelNames,
    registers: [registry],
  };
  if (kind === 'gauge') {
    const gauge = new Gauge(options);
    return (labels: Labels, value: number): void => gauge.set(labels, value);
  }
  const counter = new Counter(options);
  return (labels: Labels, value: number): void => counter.inc(labels, Math.max(0, value));
}

/** `cyborg_device_power_watts`, `cyborg_device_energy_joules_total`: as https://prometheus.io/docs/practices/naming/ has it. */
export function seriesName({ name, unit, kind }: StatsMetric): string {
  const words = unit
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const stem = name.replace(/_total$/, '');
  const named =
    words === '' || words === '1' || stem.endsWith(`_${words}`) || stem === words ? stem : `${stem}_${words}`;
  return `cyborg_device_${named}${kind === 'counter' ? '_total' : ''}`;
}
