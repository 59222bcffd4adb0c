import type { AttachRequest } from '../../driver.ts';
import {
  type Bench,
  describeOutcome,
  differenceOf,
  handlesIn,
  requestFor,
  sameAnswer,
  type Trial,
} from '../bench.ts';
import type { CalledVerb } from '../call-driver.ts';
import type { Check } from '../check.ts';
import type { StagedMachine } from '../conformance-subject.ts';
import { jitterMachine } from '../jitter-machine.ts';

/** Handles that are used at once, and how many attachments are made in all. */
const mostHandles = 8;
const attachments = 96;

export const concurrentSiblings: Check = {
  id: 22,
  name: 'concurrent-siblings',
  scope: 'fixture',
  holds:
    'Handles of several cards are attached and detached at once, in many rounds and in changing order: no answer gets mixed up, and the machine ends as it began.',
  why: 'Cards are given out at the same time; what a driver keeps of one call must not get into another.',
  run: async (bench) => {
    const stage = await stageSiblings(bench);
    if (stage === undefined) return bench.notShown('the fixture has one handle, and cannot be scaled');
    await bench.trial(async (trial) => {
      const requests = await requestsOf(trial);
      const clean = await trial.staged.state();
      const alone = new Map<string, unknown>();
      for (const request of requests) {
        const outcome = await trial.call('attach', request);
        if (outcome.kind === 'answered') alone.set(request.handle.id, outcome.value);
        await trial.call('detach', request);
      }
      const rounds = Math.ceil(attachments / requests.length);
      for (let round = 1; round <= rounds; round += 1) {
        await all(bench, { trial, requests, verb: 'attach', round, alone });
        await expectAll(bench, { trial, requests, round, expected: 'attached' });
        const half = requests.filter((_, index) => index % 2 === round % 2);
        const rest = requests.filter((request) => !half.includes(request));
        await Promise.all([
          all(bench, { trial, requests: half, verb: 'detach', round, alone }),
          all(bench, { trial, requests: rest, verb: 'attach', round, alone }),
          trial.call('discover'),
        ]);
        await expectAll(bench, { trial, requests: half, round, expected: 'detached' });
        await expectAll(bench, { trial, requests: rest, round, expected: 'attached' });
        await all(bench, { trial, requests: rest, verb: 'detach', round, alone });
      }
      const difference = differenceOf(clean, await trial.staged.state());
      bench.expect(
        difference === undefined,
        () => `after ${rounds} rounds of attaching and detaching all at once, there was left: ${difference}`,
      );
    }, stage);
  },
};

/** The fixture's own machine where it has siblings, else the one with more cards; its answers come in any order. */
async function stageSiblings({
  fixture,
  inventory,
}: Bench): Promise<(() => Promise<StagedMachine>) | undefined> {
  const { stage, scaled } = fixture;
  const shaken = async (made: Promise<StagedMachine>): Promise<StagedMachine> => {
    const staged = await made;
    return { ...staged, machine: jitterMachine(staged.machine) };
  };
  if (handlesIn(await inventory()).length > 1) return () => shaken(stage());
  return scaled === undefined ? undefined : () => shaken(scaled(4));
}

async function requestsOf({ call }: Trial): Promise<AttachRequest[]> {
  const outcome = await call('discover');
  const devices =
    outcome.kind === 'answered' ? (outcome.value as Awaited<ReturnType<Bench['inventory']>>) : [];
  return handlesIn(devices)
    .slice(0, mostHandles)
    .map((offered) => requestFor(offered, 'direct'));
}

interface Round {
  readonly trial: Trial;
  readonly requests: readonly AttachRequest[];
  readonly round: number;
}

/** Calls a verb for all handles at once; those of one device one after another, as the host sees to. */
async function all(
  bench: Bench,
  {
    trial,
    requests,
    round,
    verb,
    alone,
  }: Round & { readonly verb: CalledVerb; readonly alone: ReadonlyMap<string, unknown> },
): Promise<void> {
  const byDevice = Map.groupBy(requests, ({ device }) => device.identity);
  const work = [...byDevice.values()].map(async (ofDevice) => {
    for (const request of ofDevice) {
      const { id } = request.handle;
      const outcome = await trial.call(verb, request);
      const isRight =
        outcome.kind === 'answered' && (verb === 'detach' || sameAnswer(outcome.value, alone.get(id)));
      bench.expect(
        isRight,
        () =>
          `in round ${round} of all at once, ${verb} of ${id} ${describeOutcome(outcome)}; alone it answered ${JSON.stringify(alone.get(id))}`,
      );
    }
  });
  await Promise.all(work);
}

async function expectAll(
  bench: Bench,
  { trial, requests, round, expected }: Round & { readonly expected: string },
): Promise<void> {
  const statuses = await Promise.all(requests.map((request) => trial.call('status', request)));
  statuses.forEach((status, index) => {
    bench.expect(
      status.kind === 'answered' && status.value === expected,
      () =>
        `in round ${round} of all at once, status of ${requests[index]?.handle.id} ${describeOutcome(status)}; expected "${expected}"`,
    );
  });
}
