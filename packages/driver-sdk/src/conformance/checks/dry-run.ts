import { describeSeamCall } from '../../machine/observe-machine.ts';
import { type Bench, describeOutcome, differenceOf } from '../bench.ts';
import type { CallOutcome } from '../call-driver.ts';
import type { Check } from '../check.ts';
import { isMutation } from '../fault-machine.ts';
import { isMutating, storiesOf, tell, type VerbStory } from '../verb-stories.ts';

export const dryRunPlan: Check = {
  id: 46,
  name: 'dry-run',
  scope: 'fixture',
  holds:
    'A dry run of each verb that changes something changes nothing, and plans exactly the steps that the real run then takes.',
  why: 'An operator who asks what would happen decides by the answer: it must change nothing, and be what then happens.',
  run: async (bench) => {
    const stories = (await storiesOf(bench)).filter(isMutating);
    if (stories.length === 0) return bench.notShown('the driver offers no handle on this fixture');
    for (const story of stories) {
      const planned = await planOf(bench, story);
      const done = await bench.trial((trial) => tell(trial, story));
      const [plan, deeds] = [stepsOf(planned), stepsOf(done)];
      const at = deeds.findIndex((deed, index) => deed !== plan[index]);
      const first = at < 0 ? deeds.length : at;
      bench.expect(
        plan.join('\n') === deeds.join('\n'),
        () =>
          `the dry run of ${story.name} planned ${plan.length} steps and the real one took ${deeds.length}; step ${first + 1} was planned as ${plan[first] ?? 'nothing'}, and was ${deeds[first] ?? 'nothing'}`,
      );
    }
  },
};

async function planOf(bench: Bench, story: VerbStory): Promise<CallOutcome> {
  return bench.trial(async (trial) => {
    const { before } = story;
    if (before !== undefined) await trial.call(before.verb, before.request);
    const clean = await trial.staged.state();
    const outcome = await trial.call(story.verb, story.request, { dryRun: true });
    bench.expect(
      outcome.kind === 'answered',
      () => `the dry run of ${story.name} ${describeOutcome(outcome)}; expected a plan`,
    );
    const difference = differenceOf(clean, await trial.staged.state());
    bench.expect(
      difference === undefined,
      () => `the dry run of ${story.name} changed the machine: ${difference}`,
    );
    return outcome;
  });
}

/** What a call did to the machine, or would have done, step by step and in words. */
const stepsOf = ({ calls }: CallOutcome): string[] => calls.filter(isMutation).map(describeSeamCall);
