/** What is wrong with a faulty driver, and which checks must find it: those, and no others. */
export interface Mistake {
  /** Completes "a driver that": `takes a list that fails for an empty one`. */
  readonly what: string;
  /** Where it was seen: a project and its issue, in short. */
  readonly seen: string;
  /** How the first finding of the first of these checks begins. */
  readonly says: string;
  /** Numbers of the checks that fail, rising. */
  readonly checks: readonly number[];
}
