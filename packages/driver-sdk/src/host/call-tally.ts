import type { CallDurations, CallOutcome, DriverCalls, DriverVerb } from '@cyborgjs/core';

/** From one read of a file to the flashing of a card; in seconds. */
const bounds = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800];

/** Counts how long the calls of a driver take. */
export interface CallTally {
  note(verb: DriverVerb, outcome: CallOutcome, seconds: number): void;
  /** What was counted until now. */
  calls(): DriverCalls;
}

/** An empty one. There are never more rows than verbs times outcomes. */
export function createCallTally(): CallTally {
  const rows = new Map<string, CallDurations & { seconds: number }>();
  return {
    note(verb, outcome, seconds) {
      const key = `${verb} ${outcome}`;
      const row = rows.get(key) ?? {
        verb,
        outcome,
        counts: new Array(bounds.length + 1).fill(0),
        seconds: 0,
      };
      rows.set(key, row);
      const at = bounds.findIndex((bound) => seconds <= bound);
      const place = at < 0 ? bounds.length : at;
      row.counts[place] = (row.counts[place] ?? 0) + 1;
      row.seconds += seconds;
    },
    calls: () => ({ bounds: [...bounds], durations: [...rows.values()].map((row) => structuredClone(row)) }),
  };
}
