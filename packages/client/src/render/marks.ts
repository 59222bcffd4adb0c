import type { Column } from './table.ts';

/** What must not be overlooked about a thing, as short words. */
interface Marked {
  readonly simulated: boolean;
  readonly stale?: boolean;
}

/** `simulated`, `stale`, both, or nothing. */
export function marksOf({ simulated, stale = false }: Marked): string {
  return [simulated ? 'simulated' : '', stale ? 'stale' : ''].filter((mark) => mark !== '').join(' ');
}

/** The column of marks, never cut; no column when no row has a mark. */
export function markColumn<Row>(rows: readonly Row[], marks: (row: Row) => string): readonly Column<Row>[] {
  return rows.some((row) => marks(row) !== '') ? [{ title: 'MARK', cell: marks }] : [];
}

/** Says once, below a table, what its marks mean. */
export function markNotes(rows: readonly Marked[]): readonly string[] {
  return [
    ...(rows.some((row) => row.simulated) ? ['simulated: no such hardware exists.'] : []),
    ...(rows.some((row) => row.stale === true)
      ? ['stale: the driver does not report; these are the last known facts.']
      : []),
  ];
}
