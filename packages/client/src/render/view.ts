import type { Paint } from './paint.ts';

/** What a text is rendered for. */
export interface Style {
  /** Columns of the terminal; undefined when the output is not one. */
  readonly width: number | undefined;
  readonly paint: Paint;
  /** Milliseconds since the epoch; ages are counted from here. */
  readonly now: number;
}

/** An answer to the operator in each of the forms it may be wanted in. Pure: it holds no stream. */
export interface View {
  /** The one document that `--json` prints. */
  readonly json: unknown;
  /** What `--quiet` prints, one per line: ids, or names where there are no ids. */
  readonly names: readonly string[];
  /** What people read; an empty text prints nothing. */
  readonly text: (style: Style) => string;
  /** Remarks for people that are not part of the answer; they go to standard error. */
  readonly notes?: readonly string[];
}
