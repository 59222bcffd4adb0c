import type { CyborgTable } from './cyborg-rows.ts';

/**
 * What is done about a row that is not as it should be: `noted` taken as it is, `mended` taken otherwise than it
 * stands there, `skipped` left out, `refused` something of ours is in its way and nothing at all is written.
 */
export type FindingKind = 'noted' | 'mended' | 'skipped' | 'refused';

/** One row of Cyborg's that is worth a look, and why. */
export interface Finding {
  readonly kind: FindingKind;
  readonly table: CyborgTable | 'alembic_version';
  /** Its `id`; null where it has none that can be read. */
  readonly id: number | null;
  readonly uuid: string | null;
  readonly reason: string;
}

/** Findings as they come up. */
export class Findings {
  readonly #found: Finding[] = [];

  get all(): readonly Finding[] {
    return this.#found;
  }

  /** Adds one about a row of a table. */
  about(table: CyborgTable, row: { readonly id: number; readonly uuid: string }): RowFindings {
    const add = (kind: FindingKind) => (reason: string) =>
      void this.#found.push({ kind, table, id: row.id, uuid: row.uuid, reason });
    return { noted: add('noted'), mended: add('mended'), skipped: add('skipped'), refused: add('refused') };
  }
}

/** What to say of one row. */
export type RowFindings = Readonly<Record<FindingKind, (reason: string) => void>>;
