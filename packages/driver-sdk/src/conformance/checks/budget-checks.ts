import type { Bench } from '../bench.ts';
import type { CallOutcome } from '../call-driver.ts';
import type { Check } from '../check.ts';

/** The largest host tried. */
const manyCards = 64;
const enoughMs = 5_000;
/** A busy machine makes one look slow, and not each. */
const mostLooks = 3;

export const hugeHost: Check = {
  id: 14,
  name: 'huge',
  scope: 'fixture',
  holds:
    '64 cards, or as many functions as the fixture makes of them, are found within five seconds, the fastest of three times.',
  why: 'A discovery that is slow on a full host is cut off by its deadline, and the host goes stale.',
  run: async (bench) => {
    const outcome = await fastestOf(mostLooks, () => discoverScaled(bench, manyCards));
    if (outcome === undefined) return bench.notShown('the fixture cannot be scaled');
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
    const [few, twice] = [await discoverScaled(bench, 4), await discoverScaled(bench, 8)];
    if (few === undefined || twice === undefined) return bench.notShown('the fixture cannot be scaled');
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

type TimedOutcome = CallOutcome & { readonly tookMs: number };

/** The fastest of so many; the first that is fast enough ends it. */
async function fastestOf(
  most: number,
  look: () => Promise<TimedOutcome | undefined>,
): Promise<TimedOutcome | undefined> {
  const outcome = await look();
  if (outcome === undefined || outcome.tookMs < enoughMs || most === 1) return outcome;
  const next = await fastestOf(most - 1, look);
  return next !== undefined && next.tookMs < outcome.tookMs ? next : outcome;
}

async function discoverScaled(bench: Bench, cards: number): Promise<TimedOutcome | undefined> {
  const { scaled } = bench.fixture;
  if (scaled === undefined) return undefined;
  return bench.trial(
    async ({ call }) => {
      const startedAt = bench.now();
      const outcome = await call('discover');
      return { ...outcome, tookMs: bench.now() - startedAt };
    },
    () => scaled(cards),
  );
}

const countRuns = ({ calls }: CallOutcome): number => calls.filter(({ verb }) => verb === 'run').length;
