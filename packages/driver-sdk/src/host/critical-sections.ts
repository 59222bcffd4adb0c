/** The sections now under way that must not be cut off, each until it ends or its cap has passed. */
export class CriticalSections {
  readonly #caps = new Map<number, NodeJS.Timeout>();
  #onOver: (() => void)[] = [];

  get isOpen(): boolean {
    return this.#caps.size > 0;
  }

  begin(section: number, maxMs: number): void {
    this.#caps.set(
      section,
      setTimeout(() => this.end(section), maxMs),
    );
  }

  end(section: number): void {
    clearTimeout(this.#caps.get(section));
    this.#caps.delete(section);
    if (this.#caps.size > 0) return;
    const listeners = this.#onOver;
    this.#onOver = [];
    for (const listener of listeners) listener();
  }

  /** Forgets all of them: their process is gone. */
  endAll(): void {
    for (const section of [...this.#caps.keys()]) this.end(section);
  }

  /** Resolves when none is under way. */
  async whenOver(): Promise<void> {
    while (this.#caps.size > 0) await new Promise<void>((resolve) => this.#onOver.push(resolve));
  }
}
