import type { DriverFailure } from '@cyborgjs/core';
import type { Driver } from '../driver.ts';
import type { DriverContext } from '../driver-context.ts';
import { DriverError, isDriverError, toDriverFailure } from '../driver-error.ts';
import type { DriverManifest } from '../driver-manifest.ts';
import { guardMachine } from '../machine/guard-machine.ts';
import { observeMachine, type SeamCall } from '../machine/observe-machine.ts';
import type { Machine } from '../machine.ts';
import { createContext } from './create-context.ts';
import { createFaultMachine, type FaultPlan } from './fault-machine.ts';

/** The verbs that the kit calls. */
export type CalledVerb = 'discover' | 'status' | 'attach' | 'detach' | 'install' | 'uninstall';

/** How a verb call ended, every use of the seam it made, and those that the manifest did not allow. */
export type CallOutcome = { readonly calls: readonly SeamCall[]; readonly denials: readonly string[] } & (
  | { readonly kind: 'answered'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly failure: DriverFailure; readonly typed: boolean }
  /** The process died at a planned use of the seam. */
  | { readonly kind: 'crashed' }
  /** Neither answer nor failure came although the call was aborted. */
  | { readonly kind: 'stuck' }
);

interface DriverCall {
  readonly driver: Driver<never>;
  readonly machine: Machine;
  readonly permissions: DriverManifest['permissions'];
  /** Parsed by the driver's schema. */
  readonly config: unknown;
  readonly verb: CalledVerb;
  /** The request, for the verbs that take one. */
  readonly request?: unknown;
  /** Milliseconds since the epoch; no clock passes it, a planned fault says when the deadline is over. */
  readonly deadlineAt: number;
  readonly plan?: FaultPlan;
}

/** How long a driver may take to come back once its call was aborted. */
const settleMs = 1_000;

/** Runs one verb in a context of its own, as a fresh process would. */
export async function callDriver(call: DriverCall): Promise<CallOutcome> {
  const calls: SeamCall[] = [];
  const denials: string[] = [];
  const abort = new AbortController();
  const crashed = Promise.withResolvers<'crashed'>();
  const aborted = rejectOnAbort(abort.signal);
  const sys = createFaultMachine(guardNoting(call.machine, call.permissions, denials), {
    plan: call.plan ?? (() => undefined),
    calls,
    control: {
      aborted,
      crash: () => crashed.resolve('crashed'),
      cancel: () => abort.abort(new DriverError('canceled', 'the caller canceled the call')),
      expire: () => abort.abort(new DriverError('timeout', 'the deadline of the call passed')),
    },
  });
  const context = createContext({ ...call, sys, signal: abort.signal });
  const patience = startOnAbort(abort.signal, settleMs);
  const settled = invoke(call, context).then(
    (value) => ({ kind: 'answered', value }) as const,
    (error: unknown) =>
      ({ kind: 'failed', failure: toDriverFailure(error), typed: isDriverError(error) }) as const,
  );
  const end = await Promise.race([settled, crashed.promise, patience.expired]);
  patience.stop();
  return typeof end === 'string' ? { kind: end, calls, denials } : { ...end, calls, denials };
}

/** The machine behind the manifest's permissions; what they did not allow is noted, however the driver takes it. */
function guardNoting(
  machine: Machine,
  permissions: DriverManifest['permissions'],
  denials: string[],
): Machine {
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
  return verb.call(call.driver, context, call.request);
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  promise.catch(() => {});
  return promise;
}

function startOnAbort(signal: AbortSignal, ms: number) {
  const { promise, resolve } = Promise.withResolvers<'stuck'>();
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    timer = setTimeout(() => resolve('stuck'), ms);
  };
  signal.addEventListener('abort', start, { once: true });
  return { expired: promise, stop: () => clearTimeout(timer) };
}
