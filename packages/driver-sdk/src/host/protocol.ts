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
 * | host | `call` | request | one verb; answered by the verb's answer, `null` where it has none |
 * | host | `cancel` | notification | the call must end soon; it is still answered |
 * | host | `ping` | request | answered at once from the event loop |
 * | host | `shutdown` | request | cancel everything and answer when it has ended; the stream is closed then |
 * | process | `progress` | notification | how far a call is |
 * | process | `log` | notification | a line of the driver's log |
 * | process | `hint` | notification | what a running `watch` has seen |
 * | process | `critical` | request | may a section begin that must not be cut off? refused once the call is cancelled |
 * | process | `criticalEnd` | notification | the section with the id of that request is over |
 * | process | `sys` | request | one use of the seam on behalf of a call; answered when the machine has done it |
 * | process | `sysCancel` | notification | the tool of that `sys` request is to end; the request is still answered |
 * | host | `sysLine` | notification | the tool of that `sys` request has printed a line |
 *
 * Each side numbers its requests. A failure travels as the `data` of the error object, whose code is -32000.
 * The stream's end is the end of the process's work: it finishes its critical sections and exits.
 * The whole of it, for drivers in any language: docs/driver-protocol.md.
 */
export const protocolVersion = 2;

/** The oldest version that a process may still speak. It has no `sys`: such a process touches the machine itself. */
export const oldestProtocolVersion = 1;

/** Code of the JSON-RPC error object whose `data` is a `DriverFailure`. */
export const driverFailureCode = -32000;

/** A `DriverFailure` on the wire: with the errno (`EBUSY`) of the system call behind it, if there is one. */
export const WireFailure = DriverFailure.extend({ errno: z.string().optional() });

/** Any message, either way: a request has `id` and `method`, a notification only `method`, a response only `id`. */
export const WireMessage = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: z.int().nonnegative().optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z
    .object({ code: z.int(), message: z.string(), data: WireFailure.optional().catch(undefined) })
    .optional(),
});
export type WireMessage = z.output<typeof WireMessage>;

/** Which machine the driver is given: the one it runs on, or a simulated one, kept in a directory. */
export const MachineChoice = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('real'), root: z.string().startsWith('/') }),
  z.strictObject({ kind: z.literal('simulated'), root: z.string().startsWith('/') }),
]);
export type MachineChoice = z.output<typeof MachineChoice>;

/**
 * Where a driver's reads go: `local` in its own process, `remote` as `sys` requests. Writes and tools always are
 * `sys` requests, and so is everything in a dry run.
 */
export const SeamPlace = z.enum(['local', 'remote']);
export type SeamPlace = z.output<typeof SeamPlace>;

const path = z.string();

/** One use of the seam: what `Machine` has, as data. */
export const SeamRequest = z.discriminatedUnion('op', [
  z.strictObject({ op: z.enum(['read', 'readBytes', 'list', 'link', 'resolve']), path }),
  z.strictObject({ op: z.literal('write'), path, text: z.string() }),
  z.strictObject({
    op: z.literal('run'),
    tool: path,
    args: z.array(z.string()),
    timeoutMs: z.number().positive().optional(),
    maxOutputBytes: z.int().positive().optional(),
    /** Whether each line of its standard output is to be told at once. */
    lines: z.boolean().optional(),
    /** Whether it only asks, and so is run in a dry run too. */
    readOnly: z.boolean().optional(),
  }),
]);
export type SeamRequest = z.output<typeof SeamRequest>;

const call = z.int().nonnegative();

const permissions = z.strictObject({
  read: z.array(z.string()),
  write: z.array(z.string()),
  tools: z.array(z.string()),
});

/** Parameters of what the host sends, by method. */
export const hostMessages = {
  initialize: z.strictObject({
    protocol: z.literal(protocolVersion),
    /** Version of the driver contract that the driver is to keep to: the highest that both sides know. */
    api: z.string(),
    driver: z.string(),
    /** Absolute path of the module whose default export is the driver; null for a driver with a runtime of its own. */
    entry: z.string().nullable(),
    /** The operator's settings, not parsed yet. */
    config: z.unknown(),
    seam: SeamPlace,
    /** The machine to read from; null when the seam is remote. */
    machine: MachineChoice.nullable(),
    permissions,
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
  sysLine: z.strictObject({ sys: z.int().nonnegative(), line: z.string() }),
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
  sys: z.strictObject({ call, request: SeamRequest }),
  sysCancel: z.strictObject({ sys: z.int().nonnegative() }),
} as const;

/** What a host sends to the process of its broker, which does `sys` requests; that answers and sends `sysLine`. */
export const brokerMessages = {
  sys: driverMessages.sys,
  sysCancel: driverMessages.sysCancel,
  critical: z.strictObject({ section: z.int().nonnegative(), maxMs: z.number().positive() }),
  criticalEnd: driverMessages.criticalEnd,
} as const;

/** Answer to `initialize`. */
export const InitializeAnswer = z.strictObject({
  protocol: z.int().min(oldestProtocolVersion).max(protocolVersion),
  verbs: z.array(DriverVerb),
});
export type InitializeAnswer = z.output<typeof InitializeAnswer>;

export type HostMessage<Method extends keyof typeof hostMessages> = z.output<(typeof hostMessages)[Method]>;
export type DriverMessage<Method extends keyof typeof driverMessages> = z.output<
  (typeof driverMessages)[Method]
>;
