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
/** A shortened text that can still be read; less only when there is nothing left to drop. */
const readableCell = 16;
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
  const withShortIds = natural.map((cell, at) =>
    columns[at]?.narrow === 'id' ? Math.min(cell, shortIdLength) : cell,
  );
  const readable = shorten(columns, withShortIds, { width, shortest: readableCell });
  const spare = columns.findLast((column) => column.narrow === 'drop');
  if (excess(readable, width) <= 0) return { columns, widths: readable };
  if (spare === undefined)
    return { columns, widths: shorten(columns, readable, { width, shortest: shortestCell }) };
  return fit({ columns: columns.filter((column) => column !== spare), rows, width });
}

/** Takes from the widest of the columns that may be shortened until all fit, or none is longer than `shortest`. */
function shorten<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  { width, shortest }: { readonly width: number; readonly shortest: number },
): readonly number[] {
  const widths = [...natural];
  while (excess(widths, width) > 0) {
    const widest = columns.reduce((best, column, at) => {
      const cell = widths[at] ?? 0;
      const spare = column.narrow === 'shorten' && cell > Math.max(shortest, column.title.length);
      return spare && cell > (widths[best] ?? 0) ? at : best;
    }, -1);
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

const excess = (widths: readonly number[], available: number): number =>
  widths.reduce((sum, cell) => sum + cell, gap * (widths.length - 1)) - available;

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
