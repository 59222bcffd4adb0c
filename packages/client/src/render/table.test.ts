import { stripVTControlCharacters, styleText } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Column, renderTable } from './table.ts';

interface Row {
  readonly id: string;
  readonly text: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'ID', cell: (row) => row.id, narrow: 'id' },
  { title: 'TEXT', cell: (row) => row.text, narrow: 'shorten' },
  { title: 'KIND', cell: () => 'GPU', narrow: 'drop' },
  { title: 'MARK', cell: () => 'simulated' },
];
const rows: readonly Row[] = [
  { id: '3f2a91c0-0000-4000-8000-000000000001', text: 'a text that goes on and on' },
  { id: 'short', text: '' },
];

const longest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

describe('a table', () => {
  it('is never cut where there is no terminal', () => {
    expect(renderTable({ columns, rows, width: undefined })).toBe(
      [
        'ID                                    TEXT                        KIND  MARK',
        '3f2a91c0-0000-4000-8000-000000000001  a text that goes on and on  GPU   simulated',
        'short                                                             GPU   simulated',
      ].join('\n'),
    );
  });

  it('cuts ids to eight characters first', () => {
    expect(renderTable({ columns, rows, width: 60 })).toBe(
      [
        'ID        TEXT                        KIND  MARK',
        '3f2a91c0  a text that goes on and on  GPU   simulated',
        'short                                 GPU   simulated',
      ].join('\n'),
    );
  });

  it('then shortens texts as far as they can be read', () => {
    expect(renderTable({ columns, rows, width: 48 })).toBe(
      [
        'ID        TEXT                   KIND  MARK',
        '3f2a91c0  a text that goes on …  GPU   simulated',
        'short                            GPU   simulated',
      ].join('\n'),
    );
  });

  it('then drops what can be missed, and gives its room to the rest', () => {
    expect(renderTable({ columns, rows, width: 40 })).toBe(
      [
        'ID        TEXT                 MARK',
        '3f2a91c0  a text that goes o…  simulated',
        'short                          simulated',
      ].join('\n'),
    );
  });

  it('never cuts a mark, even when the line is then too long', () => {
    const text = renderTable({ columns, rows, width: 10 });
    expect(text).toContain('simulated');
    expect(longest(text)).toBeGreaterThan(10);
  });

  it.each([30, 40, 50, 60, 80])('fits into %i columns', (width) => {
    expect(longest(renderTable({ columns, rows, width }))).toBeLessThanOrEqual(width);
  });

  it('does not count colours', () => {
    const painted = rows.map((row) => ({
      ...row,
      text: styleText('red', row.text, { validateStream: false }),
    }));
    for (const width of [undefined, 48])
      expect(stripVTControlCharacters(renderTable({ columns, rows: painted, width }))).toBe(
        renderTable({ columns, rows, width }),
      );
  });
});
