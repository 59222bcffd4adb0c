import { z } from 'zod';
import { Uuid } from './uuid.ts';

/** One metric of a driver's `stats`. */
export const StatsMetric = z.strictObject({
  /** As the answers of `stats` name it: `temperature`. */
  name: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/),
  /** What one of it is, in UCUM's or Prometheus' words: `celsius`, `bytes`, `1` for a plain count. */
  unit: z.string().min(1).max(32),
  /** A counter only rises while the device stays powered; a gauge goes both ways. */
  kind: z.enum(['gauge', 'counter']),
});
export type StatsMetric = z.output<typeof StatsMetric>;

/** What a driver has read of its devices at one moment: by identity and name of the metric. */
export const StatsSample = z.object({
  /** What the names mean. */
  metrics: z.array(StatsMetric),
  devices: z.record(z.string(), z.record(z.string(), z.number())),
});
export type StatsSample = z.output<typeof StatsSample>;

/** The value of a metric, with what it means. */
export const StatsReading = StatsMetric.extend({ value: z.number() });
export type StatsReading = z.output<typeof StatsReading>;

/** The latest readings of a device, as the API shows them. */
export const DeviceStats = z.object({
  device: Uuid,
  /** When they came in; null when the driver has not read any. */
  readAt: z.iso.datetime().nullable(),
  readings: z.array(StatsReading),
});
export type DeviceStats = z.output<typeof DeviceStats>;
