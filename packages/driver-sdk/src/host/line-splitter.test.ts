import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

function linesOf(chunks: readonly Buffer[], maxBytes = 100): [string, boolean][] {
  const lines: [string, boolean][] = [];
  const splitter = new LineSplitter(maxBytes, (line, clipped) =>
    lines.push([line.toString('utf8'), clipped]),
  );
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

describe('a stream of bytes', () => {
  it('becomes the same lines wherever it is cut, within a character too', () => {
    const bytes = Buffer.from('erste Zeile\n\nzweite: Größe 5 µm\nletzte');
    const whole = linesOf([bytes]);
    expect(whole.map(([line]) => line)).toEqual(['erste Zeile', '', 'zweite: Größe 5 µm', 'letzte']);
    for (let cut = 1; cut < bytes.length; cut++)
      expect(linesOf([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
    expect(linesOf(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole);
  });

  it('has its long lines clipped, and goes on after them', () => {
    const chunks = [Buffer.from('12345678'), Buffer.from('9\nshort\n'), Buffer.from('12345\n')];
    expect(linesOf(chunks, 5)).toEqual([
      ['12345', true],
      ['short', false],
      ['12345', false],
    ]);
  });

  it('gives nothing when nothing came', () => {
    expect(linesOf([])).toEqual([]);
    expect(linesOf([Buffer.from('a\n')])).toEqual([['a', false]]);
  });
});
