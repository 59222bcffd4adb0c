/** One flash of a card, its image checked. */
export interface ShellFlash {
  /** Version of the shell, as the card will show it. */
  readonly version: string;
  /** Version of the shell that the card runs; undefined where it shows none. */
  readonly running: string | undefined;
  /** Has the tool write the flash. */
  readonly write: () => Promise<void>;
  /** How long that may take, uninterrupted. */
  readonly writeMs: number;
  /** Has the card load its flash, and sees that it did; left out where only a cold start does. */
  readonly load?: () => Promise<void>;
}
