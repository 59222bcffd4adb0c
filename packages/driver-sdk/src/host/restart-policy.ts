import type { HostLimits } from './host-limits.ts';

/** What the policy remembers of a driver's past ends. */
export interface CrashHistory {
  /** Times of the ends within the window. */
  readonly crashes: readonly number[];
  /** Ends since the last healthy run. */
  readonly streak: number;
  readonly quarantined: boolean;
}

export const cleanHistory: CrashHistory = { crashes: [], streak: 0, quarantined: false };

interface Crash {
  readonly at: number;
  /** How long the process had been running; 0 when its start failed. */
  readonly ranMs: number;
  /** From 0 to 1, for the jitter. */
  readonly random: number;
}

type Pacing = Pick<
  HostLimits,
  'restartFirstMs' | 'restartMaxMs' | 'healthyAfterMs' | 'crashLimit' | 'crashWindowMs' | 'probeEveryMs'
>;

/**
 * How long to wait after an end: doubling pauses (a quarter more or less, so that hosts do not march in step),
 * quarantine when ends come too often. A healthy run forgives everything before it; nothing else ends quarantine.
 */
export function afterCrash(
  history: CrashHistory,
  { at, ranMs, random }: Crash,
  pacing: Pacing,
): { readonly history: CrashHistory; readonly delayMs: number } {
  const past = ranMs >= pacing.healthyAfterMs ? cleanHistory : history;
  const crashes = [...past.crashes.filter((time) => at - time < pacing.crashWindowMs), at];
  const quarantined = past.quarantined || crashes.length >= pacing.crashLimit;
  const backoffMs = Math.min(pacing.restartMaxMs, pacing.restartFirstMs * 2 ** Math.min(past.streak, 30));
  return {
    history: { crashes, streak: past.streak + 1, quarantined },
    delayMs: quarantined ? pacing.probeEveryMs : Math.round(backoffMs * (0.75 + random / 2)),
  };
}
