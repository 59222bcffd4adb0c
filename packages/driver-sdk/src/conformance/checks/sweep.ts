import type { AttachRequest } from '../../driver.ts';
import type { SeamCall } from '../../machine/observe-machine.ts';
import {
  type Bench,
  describeOutcome,
  differenceOf,
  firstHandle,
  type MachineState,
  requestFor,
  roads,
  sameAnswer,
  type Trial,
} from '../bench.ts';
import type { CallOutcome } from '../call-driver.ts';
import { describeCall, type Fault, isMutation } from '../fault-machine.ts';

interface SweepOptions {
  /** The faults to make at one use of the seam; none to pass it by. */
  readonly faultsAt: (call: SeamCall) => readonly Fault[];
  /** What is wrong with how the faulted call ended, as the end of a sentence; undefined when nothing is. */
  readonly complaint: (outcome: CallOutcome, fault: Fault) => string | undefined;
}

/** An attach or a detach when nothing goes wrong. */
interface Golden {
  readonly request: AttachRequest;
  readonly clean: MachineState;
  readonly attached: MachineState;
  readonly answer: unknown;
  readonly calls: { readonly attach: readonly SeamCall[]; readonly detach: readonly SeamCall[] };
}

type SweptVerb = 'attach' | 'detach';
const opposite = { attach: 'detach', detach: 'attach' } as const;

/**
 * Makes each fault at each use of the seam of attach and detach, by each road. After each it asks for the status,
 * which must be true, and then repeats the verb or does the opposite, each on a machine of its own: the machine must
 * come out as if nothing had happened.
 */
export async function sweep(bench: Bench, options: SweepOptions): Promise<void> {
  const offered = await firstHandle(bench);
  if (offered === undefined) return bench.notShown('the driver offers no handle on this fixture');
  for (const road of roads) {
    const golden = await recordGolden(bench, requestFor(offered, road));
    for (const verb of ['attach', 'detach'] as const)
      for (const call of golden.calls[verb])
        for (const fault of options.faultsAt(call))
          for (const next of sequels(verb, call))
            await tryFault(bench, { golden, verb, call, fault, next, complaint: options.complaint });
  }
}

/**
 * The verbs to set things right with. After a fault at a read the machine is as it is at every other read up to the
 * next change, so there they take turns.
 */
function sequels(verb: SweptVerb, call: SeamCall): readonly SweptVerb[] {
  const both = [verb, opposite[verb]];
  return isMutation(call) || call.verb === 'run' ? both : both.slice(call.index % 2).slice(0, 1);
}

async function recordGolden(bench: Bench, request: AttachRequest): Promise<Golden> {
  return bench.trial(async (trial) => {
    const clean = await trial.staged.state();
    const attach = await trial.call('attach', request);
    if (attach.kind !== 'answered')
      throw new Error(`attach via ${request.consumer.via} on a clean machine ${describeOutcome(attach)}`);
    const attached = await trial.staged.state();
    const detach = await trial.call('detach', request);
    const calls = { attach: attach.calls, detach: detach.calls };
    return { request, clean, attached, answer: attach.value, calls };
  });
}

interface FaultTrial {
  readonly golden: Golden;
  readonly verb: SweptVerb;
  readonly call: SeamCall;
  readonly fault: Fault;
  /** The verb called after the fault, which must set things right. */
  readonly next: SweptVerb;
  readonly complaint: SweepOptions['complaint'];
}

async function tryFault(bench: Bench, faulted: FaultTrial): Promise<void> {
  const { golden, verb, call, fault, next } = faulted;
  const story = `${verb} via ${golden.request.consumer.via}, ${describeFault(fault)} at ${describeCall(call)}`;
  await bench.trial(async (trial) => {
    if (verb === 'detach') await trial.call('attach', golden.request);
    const outcome = await trial.call(verb, golden.request, ({ index }) =>
      index === call.index ? fault : undefined,
    );
    const complaint = faulted.complaint(outcome, fault);
    bench.expect(complaint === undefined, () => `${story}: it ${describeOutcome(outcome)}; ${complaint}`);
    await expectTrueStatus(bench, { trial, golden, story });
    await expectConvergence(bench, { trial, golden, next, story });
  });
}

interface Aftermath {
  readonly trial: Trial;
  readonly golden: Golden;
  readonly story: string;
}

/**
 * Clean reads `detached`, fully attached reads `attached`, and anything in between `partial`; or `detached`, where
 * nothing that attach made is left, though the host may not have everything back yet.
 */
async function expectTrueStatus(bench: Bench, { trial, golden, story }: Aftermath): Promise<void> {
  const state = await trial.staged.state();
  const truth = trueStatuses(golden, state);
  const status = await trial.call('status', golden.request);
  bench.expect(
    status.kind === 'answered' && truth.includes(status.value),
    () =>
      `${story}: status then ${describeOutcome(status)}; expected ${truth.join(' or ')}, for ${
        differenceOf(golden.clean, state) ?? 'the machine is as before'
      }`,
  );
}

function trueStatuses({ clean, attached }: Golden, state: MachineState): readonly unknown[] {
  if (differenceOf(clean, state) === undefined) return ['detached'];
  if (differenceOf(attached, state) === undefined) return ['attached'];
  const made = [...attached].filter(([path, value]) => clean.get(path) !== value);
  const isLeft = made.some(([path, value]) => state.get(path) === value);
  return isLeft ? ['partial'] : ['partial', 'detached'];
}

async function expectConvergence(bench: Bench, aftermath: Aftermath & { next: SweptVerb }): Promise<void> {
  const { trial, golden, next, story } = aftermath;
  const outcome = await trial.call(next, golden.request);
  const right =
    outcome.kind === 'answered' && (next === 'detach' || sameAnswer(outcome.value, golden.answer));
  bench.expect(
    right,
    () =>
      `${story}: ${next} afterwards ${describeOutcome(outcome)}; expected ${
        next === 'detach' ? 'an answer' : JSON.stringify(golden.answer)
      }`,
  );
  const wanted = next === 'attach' ? golden.attached : golden.clean;
  const difference = differenceOf(wanted, await trial.staged.state());
  bench.expect(
    difference === undefined,
    () => `${story}: ${next} afterwards left the machine otherwise than it should: ${difference}`,
  );
}

function describeFault(fault: Fault): string {
  if (fault.kind === 'error') return fault.errno;
  return fault.kind === 'answer' ? `the answer ${JSON.stringify(fault.value)?.slice(0, 40)}` : fault.kind;
}
