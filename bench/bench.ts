/** One thing that is measured: a file `<name>.bench.ts` in this directory exports one as `bench`, or several by name as `benches`. */
export interface Bench {
  /** What is measured, in one sentence. */
  readonly what: string;
  /** Of one sample: `ms`, `MiB`, `devices/s`. */
  readonly unit: string;
  /** How often to measure. */
  readonly samples: number;
  /** Samples that are taken before these and do not count: what has run for a few seconds only is not compiled yet. */
  readonly warmUps?: number;
  /**
   * Worst value that is still acceptable (largest, smallest where more is better, or how many times the baseline at most
   * or at least); the run fails beyond it.
   */
  readonly limit?:
    | { readonly atMost: number }
    | { readonly atLeast: number }
    | { readonly timesBaseline: number }
    | { readonly atLeastTimesBaseline: number };
  /** Why it cannot be measured here; undefined when it can. */
  missing?(): Promise<string | undefined>;
  /** Takes one sample. */
  measure(): Promise<number>;
  /**
   * What to hold it against, measured in turn with it in the same run: machines differ and are noisy, a ratio of
   * neighbours is not.
   */
  readonly baseline?: { readonly what: string; measure(): Promise<number> };
}

/** What came out of a bench. */
export interface BenchResult {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  /** The baseline's median, and how many times it the median is; null without one. */
  readonly baseline: { readonly what: string; readonly median: number; readonly ratio: number } | null;
  /** Whether the median is within the limit. */
  readonly isWithin: boolean;
}

/** Takes all samples of a bench, one after the other, each followed by one of its baseline. */
export async function runBench(name: string, bench: Bench): Promise<BenchResult> {
  await takeSamples(bench, bench.warmUps ?? 0);
  return summarise(name, bench, await takeSamples(bench, bench.samples));
}

interface Samples {
  readonly samples: readonly number[];
  readonly baseline: readonly number[];
}

async function takeSamples({ measure, baseline: beside }: Bench, count: number): Promise<Samples> {
  const samples: number[] = [];
  const baseline: number[] = [];
  for (let taken = 0; taken < count; taken += 1) {
    samples.push(await measure());
    if (beside !== undefined) baseline.push(await beside.measure());
  }
  return { samples, baseline };
}

/** Median, extremes and verdict of samples. Throws when there are none. */
export function summarise(
  name: string,
  { unit, limit, baseline }: Bench,
  taken: { readonly samples: readonly number[]; readonly baseline?: readonly number[] },
): BenchResult {
  const { lowest, median, highest } = spread(name, taken.samples);
  const isTooMuch = limit !== undefined && 'atMost' in limit && median > limit.atMost;
  const isTooLittle = limit !== undefined && 'atLeast' in limit && median < limit.atLeast;
  const isWithin = !isTooMuch && !isTooLittle;
  if (baseline === undefined) return { name, unit, lowest, median, highest, baseline: null, isWithin };
  const held = spread(name, taken.baseline ?? []).median;
  const beside = { what: baseline.what, median: held, ratio: median / held };
  const isTooFar = limit !== undefined && 'timesBaseline' in limit && beside.ratio > limit.timesBaseline;
  const isBehind =
    limit !== undefined && 'atLeastTimesBaseline' in limit && beside.ratio < limit.atLeastTimesBaseline;
  return {
    name,
    unit,
    lowest,
    median,
    highest,
    baseline: beside,
    isWithin: isWithin && !isTooFar && !isBehind,
  };
}

function spread(name: string, samples: readonly number[]) {
  const order = [...samples].sort((a, b) => a - b);
  const [lowest, median, highest] = [order[0], order[Math.floor(order.length / 2)], order.at(-1)];
  if (lowest === undefined || median === undefined || highest === undefined)
    throw new Error(`bench ${name} took no sample; samples must be at least 1`);
  return { lowest, median, highest };
}
