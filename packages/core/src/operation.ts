import { z } from 'zod';
import { RetryAdvice } from './driver.ts';
import { PlannedStep } from './planned-step.ts';
import type { StateTable } from './state-table.ts';
import { Uuid } from './uuid.ts';

/** What an operation asks for; each is a verb of the driver contract. */
export const OperationVerb = z.enum(['discover', 'install', 'uninstall', 'program', 'attach', 'detach']);
export type OperationVerb = z.output<typeof OperationVerb>;

/** `pending`: stored, not yet taken up by the agent. `running`: taken up. The other three are ends. */
export const OperationState = z.enum(['pending', 'running', 'succeeded', 'failed', 'canceled']);
export type OperationState = z.output<typeof OperationState>;

export type OperationEvent = 'start' | 'retry' | 'succeed' | 'fail' | 'cancel';

/** An operation ends exactly once: no event leads out of `succeeded`, `failed` and `canceled`. */
export const operationStates: StateTable<OperationState, OperationEvent> = {
  noun: 'operation',
  initial: 'pending',
  transitions: {
    pending: { start: 'running', succeed: 'succeeded', fail: 'failed', cancel: 'canceled' },
    running: { retry: 'pending', succeed: 'succeeded', fail: 'failed', cancel: 'canceled' },
    succeeded: {},
    failed: {},
    canceled: {},
  },
};

/** Why an operation failed, as it is stored and shown. */
export const OperationFailure = z.object({
  /** Dotted code of the error table, or `driver.<code>` for what a driver answered. */
  code: z.string(),
  message: z.string(),
  /** What to do about it, where that is known. */
  hint: z.string().optional(),
});
export type OperationFailure = z.output<typeof OperationFailure>;

/** One change that a driver had done to its machine; texts are shortened and without secrets. */
export const OperationStep = z.discriminatedUnion('verb', [
  z.object({ verb: z.literal('write'), path: z.string(), text: z.string(), failure: z.string().nullable() }),
  z.object({
    verb: z.literal('run'),
    tool: z.string(),
    args: z.array(z.string()),
    failure: z.string().nullable(),
  }),
  z.object({
    verb: z.literal('invoke'),
    port: z.string(),
    method: z.string(),
    argument: z.string(),
    failure: z.string().nullable(),
  }),
]);
export type OperationStep = z.output<typeof OperationStep>;

/** What was done to the machine, in order; of long ones the beginning. */
export const OperationSteps = z.object({
  steps: z.array(OperationStep).max(200),
  /** How many more there were. */
  left: z.int().nonnegative(),
});
export type OperationSteps = z.output<typeof OperationSteps>;

/** Left out by those who did nothing, and by agents of before. */
const done = OperationSteps.optional();

/** How an operation ended on its host; `retry` says whether and when another attempt may help. */
export const OperationOutcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('succeeded'), result: z.record(z.string(), z.unknown()), done }),
  z.object({ kind: z.literal('failed'), error: OperationFailure, retry: RetryAdvice, done }),
  z.object({ kind: z.literal('canceled'), done }),
]);
export type OperationOutcome = z.output<typeof OperationOutcome>;

/** One long-running intent: stored before it is sent, resumed after any crash, ended exactly once. */
export const Operation = z.object({
  id: Uuid,
  verb: OperationVerb,
  state: OperationState,
  host: z.string(),
  /** Null where it concerns the whole host (`discover`). */
  deviceId: Uuid.nullable(),
  /** Share done, 0 to 1; null while unknown. */
  progress: z.number().min(0).max(1).nullable(),
  /** What is being done at the moment, for people. */
  note: z.string().nullable(),
  attempts: z.int().nonnegative(),
  error: OperationFailure.nullable(),
  /** Who asked. */
  requestedBy: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  /** After this it is failed, ended or not. */
  deadlineAt: z.iso.datetime(),
});
export type Operation = z.output<typeof Operation>;

/** How one attempt of an operation ended on its host, and what it did there. */
export const OperationAttempt = z.object({
  /** From 1. */
  attempt: z.int().positive(),
  outcome: z.enum(['succeeded', 'failed', 'canceled']),
  error: OperationFailure.nullable(),
  done: OperationSteps,
  /** Of a dry run: what would have been done. */
  plan: z.array(PlannedStep).nullable(),
  endedAt: z.iso.datetime(),
});
export type OperationAttempt = z.output<typeof OperationAttempt>;
