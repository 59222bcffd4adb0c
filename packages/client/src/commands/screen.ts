/** As much of a terminal as a screen needs. */
export interface ScreenTerminal {
  readonly output: Pick<NodeJS.WriteStream, 'columns' | 'rows'> & { write(text: string): unknown };
  readonly input: NodeJS.ReadStream;
}

/** Control sequences of ECMA-48 and of xterm (alternate screen, cursor). */
const control = {
  open: '\x1b[?1049h\x1b[?25l',
  close: '\x1b[?25h\x1b[?1049l',
  home: '\x1b[H',
  endOfLine: '\x1b[K',
  rest: '\x1b[J',
} as const;

/** q, Ctrl-C, Ctrl-D, Esc. */
const quitKeys: ReadonlySet<string> = new Set(['q', 'Q', '\x03', '\x04', '\x1b']);

/** A whole terminal that is drawn over again and again; what stood on it before comes back in the end. */
export class Screen {
  readonly #terminal: ScreenTerminal;
  readonly #onKey = (key: Buffer) => {
    // In raw mode Ctrl-C is a key like others.
    if (quitKeys.has(key.toString())) this.#onQuit();
  };
  readonly #onQuit: () => void;

  /** @param onQuit called when somebody presses q, Esc, Ctrl-C or Ctrl-D */
  constructor(terminal: ScreenTerminal, onQuit: () => void) {
    this.#terminal = terminal;
    this.#onQuit = onQuit;
    terminal.output.write(control.open);
    if (!terminal.input.isTTY) return;
    terminal.input.setRawMode(true).resume().on('data', this.#onKey);
  }

  /** Draws lines; what does not fit in height is counted, not shown. */
  draw(text: string): void {
    const { output } = this.#terminal;
    const lines = text.split('\n');
    const room = Math.max(1, (output.rows || 24) - 1);
    const hidden = lines.length - room;
    const shown = hidden > 0 ? [...lines.slice(0, room - 1), `and ${hidden + 1} more lines`] : lines;
    const body = shown.map((line) => `${line}${control.endOfLine}`).join('\r\n');
    output.write(`${control.home}${body}${control.rest}`);
  }

  close(): void {
    const { input, output } = this.#terminal;
    if (input.isTTY) input.off('data', this.#onKey).setRawMode(false).pause();
    output.write(control.close);
  }
}
