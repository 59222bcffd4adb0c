import { z } from 'zod';
import {
  CheckResult,
  ConformanceLevel,
  type ConformanceReport,
  TestedDevice,
} from '../conformance-report.ts';

/**
 * The contents of `conformance.json`: what a run of the kit showed of a driver, and of exactly which files. It is
 * shipped in the package. What was not shown is in it with the reason; it never counts as passed. Members that it does
 * not know are of a later kit, and passed over; `format` rises when those of this one no longer mean what they did.
 */
export const ConformanceRecord = z.object({
  /** Version of this format. */
  format: z.literal(1),
  /** Version of the kit. */
  kit: z.string(),
  driver: z.object({
    id: z.string(),
    package: z.string(),
    version: z.string(),
    /** SHA-256 of each file of the package but this one, hexadecimal, by path below the package. */
    files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
  }),
  level: ConformanceLevel,
  /** At level `hardware`: what it was shown on, without serial numbers. */
  devices: z.array(TestedDevice).default([]),
  /** Where the run was: `{"node": "24.21.0", "platform": "linux", "kernel": "6.8.0"}`. */
  machine: z.record(z.string(), z.string()),
  /** When the run ended. */
  madeAt: z.iso.datetime(),
  results: z.array(CheckResult),
});
export type ConformanceRecord = z.output<typeof ConformanceRecord>;

interface RecordFacts {
  readonly files: Readonly<Record<string, string>>;
  readonly machine: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
}

/** A report with what it takes to hold on to it. */
export function createConformanceRecord(report: ConformanceReport, facts: RecordFacts): ConformanceRecord {
  return {
    format: 1,
    kit: report.kit,
    driver: { ...report.driver, files: { ...facts.files } },
    level: report.level,
    devices: [...report.devices],
    machine: { ...facts.machine },
    madeAt: new Date(facts.madeAt).toISOString(),
    results: [...report.results],
  };
}

/** The files that are not what the record is about: changed, added or missing since. Sorted paths. */
export function changedSince(record: ConformanceRecord, files: Readonly<Record<string, string>>): string[] {
  const { files: recorded } = record.driver;
  const paths = new Set([...Object.keys(recorded), ...Object.keys(files)]);
  return [...paths].filter((path) => recorded[path] !== files[path]).sort();
}
