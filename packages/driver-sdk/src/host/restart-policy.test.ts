import { describe, expect, it } from 'vitest';
import { usualLimits } from './host-limits.ts';
import { afterCrash, type CrashHistory, cleanHistory } from './restart-policy.ts';

const minutes = 60_000;

/** The delays after ends at the given times, without jitter. */
function delaysOf(crashes: readonly { at: number; ranMs?: number }[]): {
  delays: number[];
  history: CrashHistory;
} {
  const delays: number[] = [];
  let history = cleanHistory;
  for (const { at, ranMs = 0 } of crashes) {
    const next = afterCrash(history, { at, ranMs, random: 0.5 }, usualLimits);
    history = next.history;
    delays.push(next.delayMs);
  }
  return { delays, history };
}

describe('the pause after an end', () => {
  it('doubles from one second, and becomes a quarantine at the fifth end within ten minutes', () => {
    const { delays, history } = delaysOf([1, 2, 3, 4, 5, 6].map((at) => ({ at: at * 1000 })));
    expect(delays).toEqual([1000, 2000, 4000, 8000, 15 * minutes, 15 * minutes]);
    expect(history.quarantined).toBe(true);
  });

  it('grows to five minutes at most when ends are rare enough', () => {
    const ends = Array.from({ length: 12 }, (_, index) => ({ at: index * 4 * minutes }));
    const { delays, history } = delaysOf(ends);
    expect(delays.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(Math.max(...delays)).toBe(5 * minutes);
    expect(history.quarantined).toBe(false);
  });

  it('begins anew after ten healthy minutes, and only they end a quarantine', () => {
    const bad = [1, 2, 3, 4, 5].map((at) => ({ at }));
    expect(delaysOf([...bad, { at: 20 * minutes, ranMs: 5 * minutes }]).history.quarantined).toBe(true);
    const { delays, history } = delaysOf([...bad, { at: 40 * minutes, ranMs: 10 * minutes }]);
    expect(delays.at(-1)).toBe(1000);
    expect(history).toEqual({ crashes: [40 * minutes], streak: 1, quarantined: false });
  });

  it('differs by up to a quarter, by chance', () => {
    const at = (random: number) => afterCrash(cleanHistory, { at: 0, ranMs: 0, random }, usualLimits).delayMs;
    expect([at(0), at(1)]).toEqual([750, 1250]);
  });
});
