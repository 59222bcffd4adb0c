import type { Bench } from './bench.ts';

/** One thing that every driver must do. */
export interface Check {
  /** Never given to another check. */
  readonly id: number;
  readonly name: string;
  /** Whether it is about the package alone, and tried once, or about each fixture. */
  readonly scope: 'package' | 'fixture';
  /** What is tried, and what must come of it, in one or two sentences. */
  readonly holds: string;
  /** What goes wrong for users when it does not hold; closes the message of a failure. */
  readonly why: string;
  /** Notes its expectations on the bench, or that the driver or the fixture has nothing to try. */
  readonly run: (bench: Bench) => Promise<void>;
}
