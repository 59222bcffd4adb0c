import type { PlannedStep } from '../machine/dry-run-machine.ts';
import type { SeamUse } from './fault-machine.ts';

/** Everything that a driver did while a verb was called. */
export interface CallTrace {
  /** Every use of the seam, in order. */
  readonly calls: readonly SeamUse[];
  /** What the manifest did not allow. */
  readonly denials: readonly string[];
  /** Its log, each line with its facts. */
  readonly log: readonly string[];
  /** The shares that it told of, in order. */
  readonly progress: readonly number[];
  /** What a dry run planned; empty otherwise. */
  readonly plan: readonly PlannedStep[];
  /** Whether the call was cancelled while a critical section had to be waited for. */
  readonly isDeferred: boolean;
}
