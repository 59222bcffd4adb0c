import { DriverFailure, DriverVerb, Health } from '@cyborgjs/core';
import { z } from 'zod';
import { oldestProtocolVersion, protocolVersion } from './protocol-version.ts';

export { driverFailureCode, oldestProtocolVersion, protocolVersion } from './protocol-version.ts';

/** A `DriverFailure` on the wire: with the errno (`EBUSY`) of the system call behind it, if there is one. */
export const WireFailure = DriverFailure.extend({ errno: z.string().optional() });

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

const portUse = {
  port: z.string(),
  method: z.string(),
  argument: z.json(),
  /** Whether it may change the machine. */
  writes: z.boolean(),
};

/** One use of the seam: what `Machine` has, as data. */
export const SeamRequest = z.discriminatedUnion('op', [
  z.strictObject({ op: z.enum(['read', 'list', 'link', 'resolve']), path }),
  z.strictObject({
    op: z.literal('readBytes'),
    path,
    /** The part that is wanted; all of it when left out. */
    offset: z.int().nonnegative().optional(),
    length: z.int().positive().optional(),
  }),
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
  z.strictObject({ op: z.literal('invoke'), ...portUse }),
]);
export type SeamRequest = z.output<typeof SeamRequest>;

const call = z.int().nonnegative();

const permissions = z.strictObject({
  read: z.array(z.string()),
  write: z.array(z.string()),
  tools: z.array(z.string()),
  /** Left out where there are none. */
  ports: z.record(z.string(), z.enum(['read', 'write'])).optional(),
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
  invoke: z.strictObject({ call, ...portUse }),
} as const;

/** What a `watch` has seen; of a device's health only where version 1.1 of the contract or later was agreed on. */
const WireHint = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('rescan'), reason: z.string() }),
  z.strictObject({
    type: z.literal('health'),
    device: z.string().min(1).max(255),
    health: z.strictObject(Health.shape),
  }),
]);

/** Parameters of what the process sends, by method. */
export const driverMessages = {
  progress: z.strictObject({ call, fraction: z.number().min(0).max(1), note: z.string().optional() }),
  log: z.strictObject({
    callId: z.string().nullable(),
    level: z.enum(['info', 'warn']),
    message: z.string(),
    facts: z.record(z.string(), z.unknown()).optional(),
  }),
  hint: z.strictObject({ hint: WireHint }),
  critical: z.strictObject({ call, maxMs: z.number().positive() }),
  criticalEnd: z.strictObject({ section: z.int().nonnegative() }),
  sys: z.strictObject({ call, request: SeamRequest }),
  sysCancel: z.strictObject({ sys: z.int().nonnegative() }),
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

/** What a host sends to the process of its broker, which does `sys` requests; that answers and sends `sysLine`. */
export const brokerMessages = {
  sys: driverMessages.sys,
  sysCancel: driverMessages.sysCancel,
  critical: z.strictObject({ section: z.int().nonnegative(), maxMs: z.number().positive() }),
  criticalEnd: driverMessages.criticalEnd,
} as const;

export type BrokerMessage<Method extends keyof typeof brokerMessages> = z.output<
  (typeof brokerMessages)[Method]
>;

/** What `initialize` said in protocol 1, of which the driver's process touched the machine itself. */
export const InitializeProtocol1 = z.strictObject({
  protocol: z.literal(1),
  api: z.string(),
  driver: z.string(),
  entry: z.string(),
  config: z.unknown(),
  machine: MachineChoice,
  permissions,
});

/** Answer to `initialize`. */
export const InitializeAnswer = z.strictObject({
  protocol: z.int().min(oldestProtocolVersion).max(protocolVersion),
  verbs: z.array(DriverVerb),
  /** What its ports are there for, as the manifest says it; left out where there are none. */
  ports: z.record(z.string(), z.enum(['read', 'write'])).optional(),
});
export type InitializeAnswer = z.output<typeof InitializeAnswer>;

/** What the host sends. */
export type HostMethod = keyof typeof hostMessages;

export type HostMessage<Method extends HostMethod> = z.output<(typeof hostMessages)[Method]>;
export type DriverMessage<Method extends keyof typeof driverMessages> = z.output<
  (typeof driverMessages)[Method]
>;
