import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';

/** One column of a table of `Row`. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /**
   * What may happen to it on a terminal that is too narrow: `id` is cut to its first eight characters, which
   * every command takes as an id; `shorten` ends in `…`; `drop` goes altogether when nothing else helps. Without
   * it the column keeps its width.
   */
  readonly narrow?: 'id' | 'shorten' | 'drop';
}

/** A table without borders, one line per row, columns two spaces apart. */
export interface TableInput<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Columns of the terminal; undefined when it is none: then nothing is ever cut. */
  readonly width: number | undefined;
}

interface Layout<Row> {
  readonly columns: readonly Column<Row>[];
  readonly widths: readonly number[];
}

const gap = 2;
const shortIdLength = 8;
const shortestCell = 6;

/** The table as text without a final line break. */
export function renderTable<Row>({ columns, rows, width }: TableInput<Row>): string {
  const layout = width === undefined ? undefined : fit({ columns, rows, width });
  const shown = layout?.columns ?? columns;
  const table = new Table({
    head: shown.map((column) => column.title),
    chars: borderless,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': gap },
    ...(layout === undefined ? {} : { colWidths: layout.widths.map((cell) => cell + gap) }),
  });
  table.push(
    ...rows.map((row) => shown.map((column, at) => cutId(column, column.cell(row), layout?.widths[at]))),
  );
  return trimLines(table.toString());
}

/** The columns that have room and the width of each. */
function fit<Row>({ columns, rows, width }: TableInput<Row> & { readonly width: number }): Layout<Row> {
  const natural = columns.map((column) =>
    Math.max(visibleLength(column.title), ...rows.map((row) => visibleLength(column.cell(row)))),
  );
  if (excess(natural, width) <= 0) return { columns, widths: natural };
  const widths = natural.map((cell, at) =>
    columns[at]?.narrow === 'id' ? Math.min(cell, shortIdLength) : cell,
  );
  for (let at = widestShortenable(columns, widths); at >= 0 && excess(widths, width) > 0; ) {
    widths[at] = (widths[at] ?? 0) - 1;
    at = widestShortenable(columns, widths);
  }
  const spare = columns.findLast((column) => column.narrow === 'drop');
  if (excess(widths, width) <= 0 || spare === undefined) return { columns, widths };
  return fit({ columns: columns.filter((column) => column !== spare), rows, width });
}

const excess = (widths: readonly number[], available: number): number =>
  widths.reduce((sum, cell) => sum + cell, gap * (widths.length - 1)) - available;

/** Index of the widest column that can still give room; -1 when none can. */
function widestShortenable<Row>(columns: readonly Column<Row>[], widths: readonly number[]): number {
  let widest = -1;
  columns.forEach((column, at) => {
    const width = widths[at] ?? 0;
    if (column.narrow !== 'shorten' || width <= Math.max(shortestCell, column.title.length)) return;
    if (width > (widths[widest] ?? 0)) widest = at;
  });
  return widest;
}

function cutId<Row>(column: Column<Row>, cell: string, width: number | undefined): string {
  return column.narrow === 'id' && width !== undefined ? cell.slice(0, width) : cell;
}

const visibleLength = (text: string): number => [...stripVTControlCharacters(text)].length;

const trimLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');

const edges = ['top', 'bottom', 'left', 'mid', 'right'];
const joints = ['top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left', 'bottom-right'];
const inner = ['left-mid', 'mid-mid', 'right-mid', 'middle'];
const borderless = Object.fromEntries([...edges, ...joints, ...inner].map((name) => [name, '']));
