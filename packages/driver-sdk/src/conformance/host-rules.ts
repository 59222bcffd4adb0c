import { DriverError } from '../driver-error.ts';
import type { AskDriver } from '../host/ask-driver.ts';
import { createMutationGuard, type MutatingVerb } from '../host/mutation-guard.ts';
import type { VerbArgument } from '../host/verb-answers.ts';
import { createMemoryRecords } from '../records/memory-records.ts';
import type { RecordStore } from '../records/record-store.ts';
import type { Bench, Trial } from './bench.ts';
import type { CalledVerb, CallOptions, CallOutcome } from './call-driver.ts';
import { type FaultPlan, isMutation, type SeamUse } from './fault-machine.ts';

/** A driver under the rules that every host keeps: who holds a handle, and one change of a device at a time. */
export interface RuledDriver {
  mutate<Verb extends MutatingVerb>(verb: Verb, argument: VerbArgument[Verb]): Promise<RuledOutcome>;
  /** Has the process die at a use of the seam; what it had begun stays as it is. */
  dieIn<Verb extends MutatingVerb>(verb: Verb, argument: VerbArgument[Verb], plan: FaultPlan): Promise<void>;
  /** Closes what was left by an earlier process or boot. */
  replay(): Promise<void>;
  /** What the driver has changed on the machine so far. */
  readonly changes: readonly SeamUse[];
  readonly records: RecordStore;
}

/** How a call under the rules ended. */
export type RuledOutcome =
  | { readonly kind: 'answered'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: DriverError };

interface RuleOptions {
  /** The journal; another run's to go on from there. */
  readonly records?: RecordStore;
  /** Another one is another boot. */
  readonly bootId?: string;
}

/** Puts the driver of a trial under the host's rules, as a process of the agent does. */
export function underRules(bench: Bench, trial: Trial, options: RuleOptions = {}): RuledDriver {
  const { records = createMemoryRecords(), bootId = 'boot-1' } = options;
  const changes: SeamUse[] = [];
  const died = Promise.withResolvers<void>();
  const askWith = (callOptions: CallOptions): AskDriver =>
    (async (verb: CalledVerb, argument: unknown) => {
      const outcome = await trial.call(verb, argument, callOptions);
      changes.push(...outcome.calls.filter(isMutation));
      if (outcome.kind !== 'crashed') return answerOf(outcome);
      died.resolve();
      return new Promise(() => {});
    }) as AskDriver;
  const ask = askWith({});
  const { id: driver } = bench.manifest;
  const guard = createMutationGuard({ driver, records, bootId, now: () => bench.now(), ask });
  const { signal } = new AbortController();
  return {
    changes,
    records,
    dieIn: async (verb, argument, plan) => {
      void guard.mutate({ verb, argument, signal }, async () => askWith({ plan }));
      await died.promise;
    },
    replay: async () => {
      await guard.replay();
      await guard.idle();
    },
    mutate: async (verb, argument) => {
      try {
        return { kind: 'answered', value: await guard.mutate({ verb, argument, signal }, async () => ask) };
      } catch (error) {
        if (error instanceof DriverError) return { kind: 'failed', error };
        throw error;
      } finally {
        await guard.idle();
      }
    },
  };
}

function answerOf(outcome: CallOutcome): unknown {
  if (outcome.kind === 'answered') return outcome.value;
  if (outcome.kind === 'failed') throw DriverError.fromFailure(outcome.failure);
  throw new DriverError('unavailable', `the driver ${outcome.kind}`);
}

/** How a call ended, as the end of a sentence whose subject is the verb. */
export function describeRuled(outcome: RuledOutcome): string {
  if (outcome.kind === 'answered') return `answered ${JSON.stringify(outcome.value)?.slice(0, 300)}`;
  return `failed with ${outcome.error.code}: ${outcome.error.message.slice(0, 300)}`;
}
