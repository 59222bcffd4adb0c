import { styleText } from 'node:util';
import { isClosed } from '../inventory.ts';
import type { ProviderTree, TreeProvider } from '../tree/provider-tree.ts';

const columns = ['PROVIDER', 'CLASS', 'TOTAL', 'RESERVED', 'USED', 'TRAITS'];

/**
 * Trees as a table: a line for each class of each provider, children indented below their parents. Aggregates are
 * shown where they were read.
 */
export function treeTable(trees: readonly ProviderTree[], hasColour: boolean): string {
  const hasAggregates = trees.some(({ providers }) => providers.some(({ aggregates }) => aggregates));
  const header = hasAggregates ? [...columns, 'AGGREGATES'] : columns;
  const rows = trees.flatMap((tree) =>
    tree.providers.flatMap((provider) => rowsOf(provider, tree.depthOf(provider.uuid))),
  );
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column >= 2 && column <= 4 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const styled = (style: Parameters<typeof styleText>[0], text: string) =>
    hasColour ? styleText(style, text, { validateStream: false }) : text;
  const body = rows.map(({ cells, isFull }) => (isFull ? styled('yellow', line(cells)) : line(cells)));
  return `${[styled('bold', line(header)), ...body].join('\n')}\n`;
}

interface Row {
  readonly cells: readonly string[];
  /** Whether nothing more can be had. */
  readonly isFull: boolean;
}

function rowsOf(provider: TreeProvider, depth: number): Row[] {
  const { name, inventories, usages, traits, aggregates = [] } = provider;
  const labels = [traits.join(' '), aggregates.join(' ')];
  const title = '  '.repeat(depth) + name;
  const classes = Object.entries(inventories);
  if (classes.length === 0) return [{ cells: [title, '-', '', '', '', ...labels], isFull: false }];
  return classes.map(([className, inventory], index) => {
    const used = usages[className] ?? 0;
    const amounts = [inventory.total, inventory.reserved, used].map(String);
    const [first, ...last] = index === 0 ? [title, ...labels] : [''];
    const isFull =
      isClosed(inventory) || used >= (inventory.total - inventory.reserved) * inventory.allocation_ratio;
    return { cells: [first, className, ...amounts, ...last], isFull };
  });
}
