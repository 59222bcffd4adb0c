import { DriverErrorCode } from '@cyborgjs/core';
import { z } from 'zod';

/** What a use of the seam gave: a value, null for absence, or the errno it failed with. */
const answer = <Value extends z.ZodType>(value: Value) =>
  z.union([value, z.null(), z.strictObject({ errno: z.string() })]);

/** What is known of one path: the answer to each way in which it was asked for. */
export const RecordedPath = z.strictObject({
  read: answer(z.string()).optional(),
  /** Base64. */
  readBytes: answer(z.base64()).optional(),
  list: answer(z.array(z.string())).optional(),
  link: answer(z.string()).optional(),
  resolve: answer(z.string()).optional(),
});
export type RecordedPath = z.output<typeof RecordedPath>;

/** One run of a tool. A tool that is not installed has no result and an errno. */
export const RecordedRun = z.strictObject({
  tool: z.string(),
  args: z.array(z.string()),
  result: z.union([
    z.strictObject({ code: z.int(), out: z.string(), err: z.string() }),
    z.strictObject({ errno: z.string() }),
  ]),
});
export type RecordedRun = z.output<typeof RecordedRun>;

/** One call of a vendor's library that only looked: its answer, or the code of the `DriverError` that it failed with. */
export const RecordedInvoke = z.strictObject({
  port: z.string(),
  method: z.string(),
  argument: z.json(),
  result: z.union([z.strictObject({ value: z.json() }), z.strictObject({ failure: DriverErrorCode })]),
});
export type RecordedInvoke = z.output<typeof RecordedInvoke>;

/**
 * A fixture file: what a driver's discovery read on a real machine, and what it made of it. Identities in it are
 * replaced by made-up ones of the same shape, the same one everywhere.
 */
export const Recording = z.strictObject({
  /** Version of this format. */
  format: z.literal(1),
  /** Where it comes from: `{"recordedAt": "…", "driver": "acme 1.0.0", "kernel": "6.8.0", "arch": "x64"}`. */
  provenance: z.record(z.string(), z.string()),
  /** The driver's settings while it was recorded. */
  config: z.unknown(),
  /** Addresses of the devices that were found. */
  devices: z.array(z.string()),
  paths: z.record(z.string(), RecordedPath),
  runs: z.array(RecordedRun),
  /** Left out where no library was called. */
  invokes: z.array(RecordedInvoke).optional(),
});
export type Recording = z.output<typeof Recording>;
