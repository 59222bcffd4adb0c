/** As much of a terminal as is needed to write over lines. */
export type LineTerminal = Pick<NodeJS.WriteStream, 'columns' | 'rows'> & { write(text: string): unknown };

/** Lines at the bottom of a terminal that are written over in place, for as long as something goes on. */
export class LiveLines {
  readonly #stream: LineTerminal;
  #shown = 0;

  constructor(stream: LineTerminal) {
    this.#stream = stream;
  }

  get width(): number {
    return this.#stream.columns || 80;
  }

  /** Shows these lines in place of those shown before; what does not fit in height is counted, not shown. */
  draw(lines: readonly string[]): void {
    const room = Math.max(1, (this.#stream.rows || 24) - 2);
    const rest = lines.length - room;
    const shown = rest > 0 ? [...lines.slice(0, room), `and ${rest} more`] : lines;
    this.#stream.write(`${this.#erase()}${shown.map((line) => `${line}\n`).join('')}`);
    this.#shown = shown.length;
  }

  /** Takes the lines away. */
  clear(): void {
    this.#stream.write(this.#erase());
    this.#shown = 0;
  }

  /** ECMA-48: cursor up, erase to the end of the screen. */
  #erase(): string {
    return this.#shown === 0 ? '' : `\x1b[${this.#shown}A\x1b[J`;
  }
}
