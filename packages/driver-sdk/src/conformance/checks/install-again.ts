import { type Bench, describeOutcome, differenceOf, firstHandle, sameAnswer, type Trial } from '../bench.ts';
import type { CallOutcome } from '../call-driver.ts';
import type { Check } from '../check.ts';
import { describeCall, isMutation } from '../fault-machine.ts';
import { installRequest } from '../verb-stories.ts';

export const installAgain: Check = {
  id: 51,
  name: 'install-again',
  scope: 'fixture',
  holds:
    'Install of a layout that is there, and uninstall of what is not installed, are well, answer as before and change nothing.',
  why: 'Commands are delivered at least once, and a card that is laid out anew loses what runs on it.',
  run: async (bench) => {
    const { install, uninstall } = bench.subject.driver;
    if (install === undefined) return bench.notApplicable('the driver has no install');
    const offered = await firstHandle(bench);
    if (offered === undefined) return bench.notShown('the driver offers no handle on this fixture');
    const request = installRequest(bench, offered.device);
    for (const verb of uninstall === undefined ? (['install'] as const) : (['install', 'uninstall'] as const))
      await bench.trial((trial) => expectNothingNew(bench, trial, { verb, request }));
  },
};

async function expectNothingNew(
  bench: Bench,
  { staged, call }: Trial,
  { verb, request }: { readonly verb: 'install' | 'uninstall'; readonly request: unknown },
): Promise<void> {
  const first = await call(verb, request);
  const before = await staged.state();
  const again = await call(verb, request);
  bench.expect(
    isSame(first, again),
    () => `the second ${verb} ${describeOutcome(again)}; the first ${describeOutcome(first)}`,
  );
  for (const use of again.calls)
    bench.expect(!isMutation(use), () => `the second ${verb} changed something: ${describeCall(use)}`);
  const difference = differenceOf(before, await staged.state());
  bench.expect(difference === undefined, () => `the second ${verb} changed the machine: ${difference}`);
}

const isSame = (first: CallOutcome, again: CallOutcome): boolean =>
  first.kind === 'answered' && again.kind === 'answered' && sameAnswer(first.value, again.value);
