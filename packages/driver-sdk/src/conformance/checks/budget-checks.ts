import type { CallOutcome } from '../call-driver.ts';
import type { Check } from '../check.ts';
import { timeDiscover } from './timed-discover.ts';

/** The largest host tried. */
const manyCards = 64;
const enoughMs = 5_000;

export const hugeHost: Check = {
  id: 14,
  name: 'huge',
  scope: 'fixture',
  holds:
    '64 cards, or as many functions as the fixture makes of them, are found within five seconds, the fastest of three times; what the simulated machine takes to answer is not counted.',
  why: 'A discovery that is slow on a full host is cut off by its deadline, and the host goes stale.',
  run: async (bench) => {
    const { scaled } = bench.fixture;
    if (scaled === undefined) return bench.notShown('the fixture cannot be scaled');
    const outcome = await timeDiscover(bench, () => scaled(manyCards), enoughMs);
    const count = outcome.kind === 'answered' ? (outcome.value as unknown[]).length : 0;
    bench.expect(count === manyCards, () => `discover found ${count} of ${manyCards} cards`);
    bench.expect(
      outcome.tookMs < enoughMs,
      () => `${manyCards} cards took ${outcome.tookMs} ms; expected less than ${enoughMs}`,
    );
  },
};

export const discoverBudget: Check = {
  id: 15,
  name: 'budget',
  scope: 'fixture',
  holds: 'Twice the cards cost at most twice the uses of the seam, and no more runs of tools.',
  why: 'What costs more than its share per card grows out of bounds on the hosts that have many.',
  run: async (bench) => {
    const { scaled } = bench.fixture;
    if (scaled === undefined) return bench.notShown('the fixture cannot be scaled');
    const discoverAmong = (cards: number): Promise<CallOutcome> =>
      bench.trial(
        ({ call }) => call('discover'),
        () => scaled(cards),
      );
    const [few, twice] = [await discoverAmong(4), await discoverAmong(8)];
    const uses = [few.calls.length, twice.calls.length] as const;
    bench.expect(
      uses[1] <= 2 * uses[0],
      () => `4 cards took ${uses[0]} uses of the seam and 8 cards ${uses[1]}; expected at most twice as many`,
    );
    const runs = [countRuns(few), countRuns(twice)] as const;
    bench.expect(
      runs[1] <= runs[0],
      () => `4 cards took ${runs[0]} runs of tools and 8 cards ${runs[1]}; expected no more`,
    );
  },
};

const countRuns = ({ calls }: CallOutcome): number => calls.filter(({ verb }) => verb === 'run').length;
