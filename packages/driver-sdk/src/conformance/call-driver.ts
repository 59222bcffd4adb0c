import type { DriverFailure } from '@cyborgjs/core';
import type { Clock } from '../clock.ts';
import type { Driver } from '../driver.ts';
import type { DriverContext } from '../driver-context.ts';
import { DriverError, isDriverError, toDriverFailure } from '../driver-error.ts';
import type { DriverManifest } from '../driver-manifest.ts';
import type { DriverStore } from '../driver-store.ts';
import type { CallVerb } from '../host/host-limits.ts';
import { rehearsedStore } from '../host/wire-store.ts';
import { type CallPermissions, callPermissions } from '../machine/call-permissions.ts';
import { type DryRun, dryRunMachine } from '../machine/dry-run-machine.ts';
import { guardMachine } from '../machine/guard-machine.ts';
import { observeMachine } from '../machine/observe-machine.ts';
import type { Machine } from '../machine.ts';
import type { CallTrace } from './call-trace.ts';
import { createContext } from './create-context.ts';
import { createDeferredAbort, type DeferredAbort } from './deferred-abort.ts';
import { createFaultMachine, type FaultPlan, type SeamUse } from './fault-machine.ts';

/** The verbs that the kit calls. */
export type CalledVerb = CallVerb;

/** How a verb call ended, and all that the driver did in it. */
export type CallOutcome = CallTrace &
  (
    | { readonly kind: 'answered'; readonly value: unknown }
    | { readonly kind: 'failed'; readonly failure: DriverFailure; readonly typed: boolean }
    /** The process died at a planned use of the seam. */
    | { readonly kind: 'crashed' }
    /** Neither answer nor failure came although the call was aborted. */
    | { readonly kind: 'stuck' }
  );

/** How one call is made to differ from a plain one. */
export interface CallOptions {
  readonly plan?: FaultPlan;
  /** Writes and tools are planned only. */
  readonly dryRun?: boolean;
}

interface DriverCall extends CallOptions {
  readonly driver: Driver<never>;
  /** Kills the process that the driver runs in, where it has one of its own. */
  readonly crash?: (() => void) | undefined;
  readonly machine: Machine;
  /** The machine's time; default the real one. */
  readonly clock?: Clock | undefined;
  readonly permissions: DriverManifest['permissions'];
  /** Parsed by the driver's schema. */
  readonly config: unknown;
  readonly verb: CalledVerb;
  /** The request, for the verbs that take one. */
  readonly request?: unknown;
  /** What the driver remembers over its calls; default nothing. */
  readonly store?: DriverStore;
  /** Milliseconds since the epoch; no clock passes it, a planned fault says when the deadline is over. */
  readonly deadlineAt: number;
}

/** How long a driver may take to come back once its call was aborted. */
const settleMs = 1_000;

/** A plain call that takes longer is aborted, so that the kit comes to an end with any driver. */
const longestCallMs = 120_000;

const overdue = ({ verb }: DriverCall): DriverError =>
  new DriverError('timeout', `${verb} did not end within ${longestCallMs} ms`);

/** Runs one verb in a context of its own, as a fresh process would. */
export async function callDriver(call: DriverCall): Promise<CallOutcome> {
  const abort = createDeferredAbort();
  const crashed = Promise.withResolvers<'crashed'>();
  const recorder = createRecorder(call, abort, () => {
    call.crash?.();
    crashed.resolve('crashed');
  });
  const limit = setTimeout(() => abort.force(overdue(call)), longestCallMs);
  const patience = startOnAbort(abort.signal, settleMs);
  const settled = invoke(call, recorder.context).then(
    (value) => ({ kind: 'answered', value }) as const,
    (error: unknown) =>
      ({ kind: 'failed', failure: toDriverFailure(error), typed: isDriverError(error) }) as const,
  );
  const end = await Promise.race([settled, crashed.promise, patience.expired]);
  patience.stop();
  clearTimeout(limit);
  const trace = { ...recorder.trace, isDeferred: abort.isDeferred };
  return typeof end === 'string' ? { kind: end, ...trace } : { ...end, ...trace };
}

/** The context of one call, and what the driver does with it. */
function createRecorder(call: DriverCall, abort: DeferredAbort, crash: () => void) {
  const calls: SeamUse[] = [];
  const denials: string[] = [];
  const log: string[] = [];
  const progress: number[] = [];
  const { machine, plan } = planOnly(call);
  const permissions = callPermissions(call.permissions, call.verb, call.request);
  const sys = createFaultMachine(guardNoting(machine, permissions, denials), {
    plan: call.plan ?? (() => undefined),
    calls,
    control: {
      aborted: abort.aborted,
      crash,
      cancel: () => {
        abort.request(new DriverError('canceled', 'the caller canceled the call'));
        return abort.isDeferred ? 'deferred' : 'aborted';
      },
      expire: () => abort.force(new DriverError('timeout', 'the deadline of the call passed')),
    },
  });
  const tell = (message: string, facts: unknown): void => {
    log.push(facts === undefined ? message : `${message} ${JSON.stringify(facts)}`);
  };
  const context = createContext({
    ...{ config: call.config, deadlineAt: call.deadlineAt, dryRun: call.dryRun ?? false },
    ...{ sys, signal: abort.signal, ports: call.driver.ports ?? {} },
    ...(call.store === undefined
      ? {}
      : { store: call.dryRun === true ? rehearsedStore(call.store) : call.store }),
    ...(call.clock === undefined ? {} : { clock: call.clock }),
    log: { info: tell, warn: tell },
    progress: (fraction) => progress.push(fraction),
    critical: (_maxMs, work) => abort.critical(work),
  });
  return { context, trace: { calls, denials, log, progress, plan } };
}

function planOnly({ machine, dryRun }: DriverCall): DryRun {
  return dryRun === true ? dryRunMachine(machine) : { machine, plan: [] };
}

/** The machine behind the manifest's permissions; what they did not allow is noted, however the driver takes it. */
function guardNoting(machine: Machine, permissions: CallPermissions, denials: string[]): Machine {
  return observeMachine(guardMachine(machine, permissions), {
    after: (_call, outcome) => {
      if (!outcome.ok && isDriverError(outcome.error) && outcome.error.code === 'denied')
        denials.push(outcome.error.message);
    },
  });
}

/** Synchronous throws of a verb count as its rejection. */
async function invoke(call: DriverCall, context: DriverContext): Promise<unknown> {
  const verbs = call.driver as unknown as Readonly<
    Record<string, ((context: DriverContext, request?: unknown) => Promise<unknown>) | undefined>
  >;
  const verb = verbs[call.verb];
  if (verb === undefined) throw new DriverError('unsupported', `the driver has no ${call.verb}`);
  return overWire(await verb.call(call.driver, context, overWire(call.request)));
}

/** As between processes: only JSON crosses, and nothing is held by both sides. What is none fails the call. */
const overWire = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

function startOnAbort(signal: AbortSignal, ms: number) {
  const { promise, resolve } = Promise.withResolvers<'stuck'>();
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    timer = setTimeout(() => resolve('stuck'), ms);
  };
  signal.addEventListener('abort', start, { once: true });
  return { expired: promise, stop: () => clearTimeout(timer) };
}
