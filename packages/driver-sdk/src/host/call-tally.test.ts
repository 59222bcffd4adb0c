import { expect, it } from 'vitest';
import { createCallTally } from './call-tally.ts';

it('counts calls by verb, outcome and how long they took', () => {
  const tally = createCallTally();
  for (const seconds of [0.005, 0.006, 0.4, 4000]) tally.note('discover', 'ok', seconds);
  tally.note('discover', 'timeout', 30);
  tally.note('attach', 'ok', 0);
  expect(tally.calls()).toEqual({
    bounds: [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800],
    durations: [
      { verb: 'discover', outcome: 'ok', counts: [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1], seconds: 4000.411 },
      { verb: 'discover', outcome: 'timeout', counts: [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], seconds: 30 },
      { verb: 'attach', outcome: 'ok', counts: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], seconds: 0 },
    ],
  });
});

it('does not change what it has told', () => {
  const tally = createCallTally();
  tally.note('status', 'ok', 1);
  const told = tally.calls();
  tally.note('status', 'ok', 1);
  expect(told.durations[0]?.seconds).toBe(1);
});
