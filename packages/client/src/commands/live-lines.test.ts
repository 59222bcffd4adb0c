import { describe, expect, it } from 'vitest';
import { type LineTerminal, LiveLines } from './live-lines.ts';

function aTerminal(rows: number): LineTerminal & { readonly written: string[] } {
  const written: string[] = [];
  return { columns: 80, rows, written, write: (text) => written.push(text) };
}

describe('live lines', () => {
  it('write over what they showed before, however many lines that was', () => {
    const terminal = aTerminal(24);
    const live = new LiveLines(terminal);
    live.draw(['a', 'b']);
    live.draw(['c']);
    live.clear();
    live.clear();
    expect(terminal.written).toEqual(['a\nb\n', '\x1b[2A\x1b[Jc\n', '\x1b[1A\x1b[J', '']);
  });

  it('count what does not fit, for lines that scrolled away cannot be written over', () => {
    const terminal = aTerminal(5);
    new LiveLines(terminal).draw(['1', '2', '3', '4', '5']);
    expect(terminal.written).toEqual(['1\n2\n3\nand 2 more\n']);
  });
});
