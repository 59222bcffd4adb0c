import {
  type Bench,
  describeOutcome,
  differenceOf,
  type MachineState,
  sameAnswer,
  type Trial,
} from '../bench.ts';
import type { CalledVerb, CallOutcome } from '../call-driver.ts';
import { describeCall, type Fault, isMutation, type SeamUse } from '../fault-machine.ts';
import { type Pair, pairsOf, undoLayout } from './pairs.ts';

interface SweepOptions {
  /** The faults to make at one use of the seam; none to pass it by. */
  readonly faultsAt: (call: SeamUse) => readonly Fault[];
  /** What is wrong with how the faulted call ended, as the end of a sentence; undefined when nothing is. */
  readonly complaint: (outcome: CallOutcome, fault: Fault) => string | undefined;
}

/** What a pair does when nothing goes wrong. */
interface Golden extends Pair {
  readonly clean: MachineState;
  readonly acted: MachineState;
  readonly answer: unknown;
  readonly calls: Readonly<Partial<Record<CalledVerb, readonly SeamUse[]>>>;
}

/**
 * Makes each fault at each use of the seam of attach and detach, by each road, of install and uninstall, and of
 * program. After each it asks for the status, which must be true, and then repeats the verb or does the opposite, each on a
 * machine of its own: the machine must come out as if nothing had happened.
 */
export async function sweep(bench: Bench, options: SweepOptions): Promise<void> {
  const pairs = await pairsOf(bench);
  if (pairs.length === 0) return bench.notShown('the driver offers no handle on this fixture');
  const isEnough = (): boolean => bench.evidence.failures >= enoughFailures;
  for (const pair of pairs) {
    if (isEnough()) return;
    const golden = await recordGolden(bench, pair);
    for (const verb of verbsOfPair(golden))
      for (const call of golden.calls[verb] ?? [])
        for (const fault of options.faultsAt(call))
          for (const next of isEnough() ? [] : sequels(golden, verb, call))
            await tryFault(bench, { golden, verb, call, fault, next, complaint: options.complaint });
  }
}

const verbsOfPair = ({ act, undo }: Pair): readonly CalledVerb[] =>
  undo === undefined ? [act] : [act, undo];

/** After so many the driver is known to fail, and what comes would only take time. */
const enoughFailures = 20;

async function recordGolden(bench: Bench, pair: Pair): Promise<Golden> {
  return bench.trial(async (trial) => {
    await undoLayout(trial, pair);
    const clean = await trial.staged.state();
    const act = await trial.call(pair.act, pair.request);
    if (act.kind !== 'answered')
      throw new Error(`${pair.act} ${pair.how} on a clean machine ${describeOutcome(act)}`);
    const acted = await trial.staged.state();
    const golden = { ...pair, clean, acted, answer: act.value };
    if (pair.undo === undefined) return { ...golden, calls: { [pair.act]: act.calls } };
    const undo = await trial.call(pair.undo, pair.request);
    return { ...golden, calls: { [pair.act]: act.calls, [pair.undo]: undo.calls } };
  });
}

/**
 * The verbs to set things right with. After a fault at a read the machine is as it is at every other read up to the
 * next change, so there they take turns.
 */
function sequels({ act, undo }: Pair, verb: CalledVerb, call: SeamUse): readonly CalledVerb[] {
  if (undo === undefined) return [act];
  const both = verb === act ? [act, undo] : [undo, act];
  return isMutation(call) ? both : both.slice(call.index % 2).slice(0, 1);
}

interface FaultTrial {
  readonly golden: Golden;
  readonly verb: CalledVerb;
  readonly call: SeamUse;
  readonly fault: Fault;
  /** The verb called after the fault, which must set things right. */
  readonly next: CalledVerb;
  readonly complaint: SweepOptions['complaint'];
}

async function tryFault(bench: Bench, faulted: FaultTrial): Promise<void> {
  const { golden, verb, call, fault, next } = faulted;
  const story = `${verb} ${golden.how}, ${describeFault(fault)} at ${describeCall(call)}`;
  await bench.trial(async (trial) => {
    await undoLayout(trial, golden);
    if (verb === golden.undo) await trial.call(golden.act, golden.request);
    const outcome = await trial.call(verb, golden.request, {
      plan: ({ index }) => (index === call.index ? fault : undefined),
    });
    const complaint = faulted.complaint(outcome, fault);
    bench.expect(complaint === undefined, () => `${story}: it ${describeOutcome(outcome)}; ${complaint}`);
    if (outcome.kind === 'answered') await expectDone(bench, { trial, golden, story, verb });
    if (golden.hasStatus) await expectTrueStatus(bench, { trial, golden, story });
    await expectConvergence(bench, { trial, golden, next, story });
  });
}

interface Aftermath {
  readonly trial: Trial;
  readonly golden: Golden;
  readonly story: string;
}

/** A verb that answers has done what it is for, whatever went wrong on its way. */
async function expectDone(bench: Bench, aftermath: Aftermath & { readonly verb: CalledVerb }): Promise<void> {
  const { trial, golden, story, verb } = aftermath;
  const state = await trial.staged.state();
  const isDone =
    verb === golden.act ? differenceOf(golden.acted, state) === undefined : !isLeft(golden, state);
  bench.expect(
    isDone,
    () =>
      `${story}: it answered, and had not done it: ${differenceOf(golden.acted, state) ?? 'all is still there'}`,
  );
}

/** Whether anything that the first verb of a pair makes is on the machine. */
function isLeft({ clean, acted }: Golden, state: MachineState): boolean {
  const made = [...acted].filter(([path, value]) => clean.get(path) !== value);
  return made.some(([path, value]) => state.get(path) === value);
}

/**
 * Clean reads `detached`, fully attached reads `attached`, and anything in between `partial`; or `detached`, where
 * nothing that attach made is left, though the host may not have everything back yet.
 */
async function expectTrueStatus(bench: Bench, { trial, golden, story }: Aftermath): Promise<void> {
  const state = await trial.staged.state();
  const expected = trueStatuses(golden, state);
  const status = await trial.call('status', golden.request);
  bench.expect(
    status.kind === 'answered' && expected.includes(status.value),
    () =>
      `${story}: status then ${describeOutcome(status)}; expected ${expected.join(' or ')}, for ${
        differenceOf(golden.clean, state) ?? 'the machine is as before'
      }`,
  );
}

function trueStatuses(golden: Golden, state: MachineState): readonly unknown[] {
  if (differenceOf(golden.clean, state) === undefined) return ['detached'];
  if (differenceOf(golden.acted, state) === undefined) return ['attached'];
  return isLeft(golden, state) ? ['partial'] : ['partial', 'detached'];
}

async function expectConvergence(
  bench: Bench,
  aftermath: Aftermath & { readonly next: CalledVerb },
): Promise<void> {
  const { trial, golden, next, story } = aftermath;
  const outcome = await trial.call(next, golden.request);
  const isUndone = next === golden.undo;
  bench.expect(
    outcome.kind === 'answered' && (isUndone || sameAnswer(outcome.value, golden.answer)),
    () =>
      `${story}: ${next} afterwards ${describeOutcome(outcome)}; expected ${
        isUndone ? 'an answer' : JSON.stringify(golden.answer)
      }`,
  );
  const difference = differenceOf(isUndone ? golden.clean : golden.acted, await trial.staged.state());
  bench.expect(
    difference === undefined,
    () => `${story}: ${next} afterwards left the machine otherwise than it should: ${difference}`,
  );
}

function describeFault(fault: Fault): string {
  if (fault.kind === 'error') return fault.errno;
  return fault.kind === 'answer' ? `the answer ${JSON.stringify(fault.value)?.slice(0, 40)}` : fault.kind;
}
