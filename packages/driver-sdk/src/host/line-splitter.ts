const newline = 0x0a;

/** Cuts a stream of bytes into lines (without their newline), none longer than `maxBytes`. */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #onLine: (line: Buffer, clipped: boolean) => void;
  #parts: Buffer[] = [];
  #length = 0;
  #clipped = false;

  /** `onLine` gets what fits of a longer line, marked as clipped. */
  constructor(maxBytes: number, onLine: (line: Buffer, clipped: boolean) => void) {
    this.#maxBytes = maxBytes;
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(newline); end !== -1; end = rest.indexOf(newline)) {
      this.#keep(rest.subarray(0, end));
      this.#flush();
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
  }

  /** Gives out what came after the last newline, if anything did. */
  end(): void {
    if (this.#length > 0) this.#flush();
  }

  #keep(bytes: Buffer): void {
    const room = this.#maxBytes - this.#length;
    const kept = bytes.length > room ? bytes.subarray(0, room) : bytes;
    if (kept.length < bytes.length) this.#clipped = true;
    if (kept.length === 0) return;
    this.#parts.push(kept);
    this.#length += kept.length;
  }

  #flush(): void {
    const line = this.#parts.length === 1 ? (this.#parts[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#parts);
    const clipped = this.#clipped;
    this.#parts = [];
    this.#length = 0;
    this.#clipped = false;
    this.#onLine(line, clipped);
  }
}
