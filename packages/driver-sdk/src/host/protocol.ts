import { DriverFailure, DriverVerb } from '@cyborgjs/core';
import { z } from 'zod';

/**
 * The wire protocol between the host and a driver's process: JSON-RPC 2.0 messages, one JSON text per line, UTF-8,
 * over one bidirectional stream that the process finds as file descriptor 3. Its standard output and standard
 * error are log lines, nothing else.
 *
 * | from | method | kind | is |
 * |---|---|---|---|
 * | host | `initialize` | request | first, once: who is to be run, with what; answered by protocol and verbs |
 * | host | `call` | request | one verb; answered by the verb's answer, `null` where it has none; in a dry run by `{plan}` |
 * | host | `cancel` | notification | the call must end soon; it is still answered |
 * | host | `ping` | request | answered at once from the event loop |
 * | host | `shutdown` | request | cancel everything and answer when it has ended; the stream is closed then |
 * | process | `progress` | notification | how far a call is |
 * | process | `log` | notification | a line of the driver's log |
 * | process | `hint` | notification | what a running `watch` has seen |
 * | process | `critical` | request | may a section begin that must not be cut off? refused once the call is cancelled |
 * | process | `criticalEnd` | notification | the section with the id of that request is over |
 * | process | `storeRead` | request | what the driver has kept under a key; answered by `{found, value}` |
 * | process | `storeWrite` | request | keeps a value, or with `entry` null deletes it; answered when that is on disk |
 *
 * Each side numbers its requests. A failure travels as the `data` of the error object, whose code is -32000.
 * The stream's end is the end of the process's work: it finishes its critical sections and exits.
 */
export const protocolVersion = 1;

/** Code of the JSON-RPC error object whose `data` is a `DriverFailure`. */
export const driverFailureCode = -32000;

/** Any message, either way: a request has `id` and `method`, a notification only `method`, a response only `id`. */
export const WireMessage = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: z.int().nonnegative().optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z
    .object({ code: z.int(), message: z.string(), data: DriverFailure.optional().catch(undefined) })
    .optional(),
});
export type WireMessage = z.output<typeof WireMessage>;

/** Which machine the driver is given: the one it runs on, or a simulated one, kept in a directory. */
export const MachineChoice = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('real'), root: z.string().startsWith('/') }),
  z.strictObject({ kind: z.literal('simulated'), root: z.string().startsWith('/') }),
]);
export type MachineChoice = z.output<typeof MachineChoice>;

const call = z.int().nonnegative();

/** Parameters of what the host sends, by method. */
export const hostMessages = {
  initialize: z.strictObject({
    protocol: z.literal(protocolVersion),
    /** Version of the driver contract that the host speaks. */
    api: z.string(),
    driver: z.string(),
    /** Absolute path of the module whose default export is the driver. */
    entry: z.string(),
    /** The operator's settings, not parsed yet. */
    config: z.unknown(),
    machine: MachineChoice,
    permissions: z.strictObject({
      read: z.array(z.string()),
      write: z.array(z.string()),
      tools: z.array(z.string()),
    }),
  }),
  call: z.strictObject({
    verb: DriverVerb,
    argument: z.unknown(),
    callId: z.string(),
    /** Time left, in milliseconds; null when there is no deadline. */
    deadlineMs: z.number().nullable(),
    dryRun: z.boolean(),
  }),
  cancel: z.strictObject({ call, reason: z.enum(['timeout', 'canceled']), message: z.string() }),
  ping: z.strictObject({}),
  /** How long calls get to end after they have been cancelled. */
  shutdown: z.strictObject({ graceMs: z.number() }),
} as const;

/** Parameters of what the process sends, by method. */
export const driverMessages = {
  progress: z.strictObject({ call, fraction: z.number().min(0).max(1), note: z.string().optional() }),
  log: z.strictObject({
    callId: z.string().nullable(),
    level: z.enum(['info', 'warn']),
    message: z.string(),
    facts: z.record(z.string(), z.unknown()).optional(),
  }),
  hint: z.strictObject({ hint: z.strictObject({ type: z.literal('rescan'), reason: z.string() }) }),
  critical: z.strictObject({ call, maxMs: z.number().positive() }),
  criticalEnd: z.strictObject({ section: z.int().nonnegative() }),
  storeRead: z.strictObject({ key: z.string() }),
  storeWrite: z.strictObject({
    key: z.string(),
    entry: z.strictObject({ value: z.json(), untilReboot: z.boolean() }).nullable(),
  }),
} as const;

/** Answer to `storeRead`. */
export interface StoreReadAnswer {
  readonly found: boolean;
  readonly value: unknown;
}

/** Answer to `initialize`. */
export const InitializeAnswer = z.strictObject({
  protocol: z.literal(protocolVersion),
  verbs: z.array(DriverVerb),
});
export type InitializeAnswer = z.output<typeof InitializeAnswer>;

export type HostMessage<Method extends keyof typeof hostMessages> = z.output<(typeof hostMessages)[Method]>;
export type DriverMessage<Method extends keyof typeof driverMessages> = z.output<
  (typeof driverMessages)[Method]
>;
