import { type Bench, describeOutcome, differenceOf, type MachineState } from '../bench.ts';
import type { CallOutcome } from '../call-driver.ts';
import type { Check } from '../check.ts';
import { describeCall, isMutation, type SeamUse } from '../fault-machine.ts';
import { isMutating, storiesOf, tell, type VerbStory } from '../verb-stories.ts';

/** Binary noise, as a tool that crashed leaves it. */
const noise = '\u0000\u0007\ufffd\u001b[31mpanic\u0001';

/** How a tool may end that has done nothing. */
const badEnds = [
  { code: 1, out: '', err: noise },
  { code: 139, out: noise, err: noise.repeat(2_000) },
] as const;

const mostErrorLength = 4_096;

export const toolGarbage: Check = {
  id: 35,
  name: 'tool-garbage',
  scope: 'fixture',
  holds:
    'A tool ends with an exit status and binary noise: hardware, at most 4 KiB, printable, no stack trace.',
  why: 'A tool that failed and was not asked whether it did leaves a card that is thought to be ready.',
  run: async (bench) => {
    const runs = await toolRuns(bench, isMutating);
    if (runs.length === 0)
      return bench.notApplicable('no verb of the driver that changes something runs a tool');
    for (const run of runs)
      for (const value of badEnds) {
        const story = `${run.story.name}, when ${describeCall(run.call)} ended with ${value.code} and noise`;
        await bench.trial(async (trial) => {
          const outcome = await tell(trial, run.story, {
            plan: ({ index }) => (index === run.call.index ? { kind: 'answer', value } : undefined),
          });
          expectHonest(bench, { outcome, run, story, state: await trial.staged.state() });
        });
      }
  },
};

interface ToolRun {
  readonly story: VerbStory;
  readonly call: SeamUse;
  /** The machine after the story, told without a fault. */
  readonly done: MachineState;
}

async function toolRuns(bench: Bench, isWanted: (story: VerbStory) => boolean): Promise<ToolRun[]> {
  const runs: ToolRun[] = [];
  for (const story of (await storiesOf(bench)).filter(isWanted))
    await bench.trial(async (trial) => {
      const { calls } = await tell(trial, story);
      const done = await trial.staged.state();
      runs.push(...calls.filter(({ verb }) => verb === 'run').map((call) => ({ story, call, done })));
    });
  return runs;
}

interface Ending {
  readonly outcome: CallOutcome;
  readonly run: ToolRun;
  readonly story: string;
  readonly state: MachineState;
}

function expectHonest(bench: Bench, { outcome, run, story, state }: Ending): void {
  if (outcome.kind === 'answered') {
    const missing = differenceOf(run.done, state);
    bench.expect(
      missing === undefined,
      () => `${story}: it answered as if all were done, and it is not: ${missing}; expected hardware`,
    );
    return;
  }
  const isFailure = outcome.kind === 'failed' && outcome.typed;
  const isRight = isFailure && (outcome.failure.code === 'hardware' || !isMutation(run.call));
  bench.expect(isRight, () => `${story}: it ${describeOutcome(outcome)}; expected it to fail with hardware`);
  if (!isFailure) return;
  const { message, hint = '', causes } = outcome.failure;
  const words = [message, hint, ...causes].join('\n');
  bench.expect(
    words.length <= mostErrorLength && !/[^\t\n\x20-\x7e\u00a0-\ufffc]/.test(words),
    () =>
      `${story}: its failure passes on ${words.length} characters, or some that cannot be printed; expected at most ${mostErrorLength}, printable: toolFailed of the SDK makes it so`,
  );
  bench.expect(!/\n\s+at /.test(words), () => `${story}: its failure holds a stack trace`);
}

/** No tool has more to say than this. */
const mostOutputBytes = 64 * 1024 * 1024;

export const toolFlood: Check = {
  id: 36,
  name: 'tool-flood',
  scope: 'fixture',
  holds:
    'A tool prints without an end: it is stopped at a limit that is no more than 64 MiB, and the call fails as hardware.',
  why: 'A tool that prints without an end takes the memory of the host, unless it is stopped in time.',
  run: async (bench) => {
    const runs = await toolRuns(bench, () => true);
    if (runs.length === 0) return bench.notApplicable('the driver runs no tool');
    for (const { story, call } of runs) {
      const allowed = (call.verb === 'run' ? call.options?.maxOutputBytes : undefined) ?? 0;
      bench.expect(
        allowed <= mostOutputBytes,
        () =>
          `${story.name} lets ${describeCall(call)} print ${allowed} bytes; expected at most ${mostOutputBytes}`,
      );
      const outcome = await bench.trial((trial) =>
        tell(trial, story, {
          plan: ({ index }) => (index === call.index ? { kind: 'flood' } : undefined),
        }),
      );
      bench.expect(
        outcome.kind === 'answered'
          ? !isMutation(call)
          : outcome.kind === 'failed' && outcome.typed && outcome.failure.code === 'hardware',
        () =>
          `${story.name}, when ${describeCall(call)} printed without an end: it ${describeOutcome(outcome)}; expected it to fail with hardware`,
      );
    }
  },
};
