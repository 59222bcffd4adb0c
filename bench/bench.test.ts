import { describe, expect, it } from 'vitest';
import { runBench, summarise } from './bench.ts';

const aBench = { what: 'x', unit: 'ms', samples: 3, measure: async () => 1 };

describe('a bench', () => {
  it('is judged by its median, whatever the order of the samples', () => {
    const result = summarise('x', { ...aBench, limit: { atMost: 5 } }, { samples: [100, 4, 1] });
    expect(result).toEqual({
      name: 'x',
      unit: 'ms',
      lowest: 1,
      median: 4,
      highest: 100,
      baseline: null,
      isWithin: true,
    });
  });

  it('fails beyond its limit, on either side', () => {
    expect(summarise('x', { ...aBench, limit: { atMost: 3 } }, { samples: [4] }).isWithin).toBe(false);
    expect(summarise('x', { ...aBench, limit: { atLeast: 5 } }, { samples: [4] }).isWithin).toBe(false);
    expect(summarise('x', aBench, { samples: [4] }).isWithin).toBe(true);
  });

  it('fails when it is too many times its baseline', () => {
    const bench = {
      ...aBench,
      limit: { timesBaseline: 1.5 },
      baseline: { what: 'y', measure: aBench.measure },
    };
    const verdict = (own: number) => summarise('x', bench, { samples: [own], baseline: [10] }).isWithin;
    expect([verdict(14), verdict(16)]).toEqual([true, false]);
  });

  it('fails when it is too far behind a baseline of which more is better', () => {
    const limit = { atLeastTimesBaseline: 0.5 };
    const bench = { ...aBench, limit, baseline: { what: 'y', measure: aBench.measure } };
    const verdict = (own: number) => summarise('x', bench, { samples: [own], baseline: [10] }).isWithin;
    expect([verdict(6), verdict(4)]).toEqual([true, false]);
  });

  it('takes as many samples as it says, one at a time', async () => {
    let running = 0;
    let taken = 0;
    const measure = async () => {
      running += 1;
      taken += 1;
      expect(running).toBe(1);
      await Promise.resolve();
      running -= 1;
      return taken;
    };
    expect(await runBench('x', { ...aBench, measure })).toMatchObject({ lowest: 1, median: 2, highest: 3 });
  });

  it('does not count what it takes to warm up', async () => {
    const [own, beside] = [[9, 9, 1, 2, 3].values(), [8, 8, 1, 1, 1].values()];
    const next = (values: ArrayIterator<number>) => async () => values.next().value ?? 0;
    const baseline = { what: 'y', measure: next(beside) };
    const bench = { ...aBench, warmUps: 2, measure: next(own), baseline };
    expect(await runBench('x', bench)).toMatchObject({ median: 2, highest: 3, baseline: { median: 1 } });
  });

  it('says so when it took none', async () => {
    await expect(runBench('x', { ...aBench, samples: 0 })).rejects.toThrow('took no sample');
  });

  it('is held against its baseline, sample beside sample', async () => {
    const order: string[] = [];
    const said = (word: string, value: number) => async () => {
      order.push(word);
      return value;
    };
    const bench = {
      ...aBench,
      samples: 2,
      measure: said('own', 6),
      baseline: { what: 'y', measure: said('other', 3) },
    };
    expect((await runBench('x', bench)).baseline).toEqual({ what: 'y', median: 3, ratio: 2 });
    expect(order).toEqual(['own', 'other', 'own', 'other']);
  });
});
