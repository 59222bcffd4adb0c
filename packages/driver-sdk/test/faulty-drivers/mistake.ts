/** What is wrong with a faulty driver, and which checks must find it: those, and no others. */
export interface Mistake {
  /** Completes "a driver that": `takes a list that fails for an empty one`. */
  readonly what: string;
  /** Where it was seen: a project and its issue, in short. */
  readonly seen: string;
  /** How the first finding of the first of these checks begins; the numbers of calls are left out: `call …`. */
  readonly says: string;
  /** Numbers of the checks that fail, rising. */
  readonly checks: readonly number[];
  /** Whether it shows only in a process of its own, so that the driver is run in one, which takes its time. */
  readonly inProcess?: true;
}
