import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { DriverError } from '../driver-error.ts';
import type { RunOptions, RunResult } from '../machine.ts';
import { collectOutput } from './collect-output.ts';
import { canceled, cannotStart, timedOut, tooLoud } from './tool-errors.ts';

export const usualRunTimeoutMs = 30_000;
export const usualMaxOutputBytes = 4 * 1024 * 1024;

/** How long a tool may take to end after SIGTERM, and how long its pipes may stay open after its end. */
const graceMs = 1_000;

/** A tool while it runs. It ends once, whatever comes first, and its whole process group with it. */
export class ToolProcess {
  readonly #tool: string;
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #ending = Promise.withResolvers<RunResult>();
  readonly #onAbort = (): void => this.#fail(canceled(this.#tool, this.#signal));
  #failure: DriverError | undefined;

  /** @param child leader of a process group of its own */
  constructor(tool: string, child: ChildProcess, options: RunOptions) {
    const { timeoutMs = usualRunTimeoutMs, maxOutputBytes = usualMaxOutputBytes } = options;
    this.#tool = tool;
    this.#child = child;
    this.#signal = options.signal;
    const onTooMuch = (): void => this.#fail(tooLoud(tool, maxOutputBytes));
    const onLine = (line: string): void => this.#tell(line, options.onLine);
    const out = collectOutput(child.stdout, { maxBytes: maxOutputBytes, onTooMuch, onLine });
    const err = collectOutput(child.stderr, { maxBytes: maxOutputBytes, onTooMuch, onLine: () => {} });
    const finish = (code: number | null, name: NodeJS.Signals | null): void => {
      const status = code ?? 128 + (name === null ? 0 : constants.signals[name]);
      this.#end({ code: status, out: out(), err: err() });
    };
    child.once('error', (error) => this.#end(cannotStart(tool, error)));
    child.once('close', finish);
    // Something that it left behind may keep its pipes open for ever.
    child.once('exit', (code, name) => this.#later(graceMs, () => finish(code, name)));
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#later(timeoutMs, () => this.#fail(timedOut(tool, timeoutMs)));
  }

  get ended(): Promise<RunResult> {
    return this.#ending.promise;
  }

  #tell(line: string, onLine: RunOptions['onLine']): void {
    try {
      onLine?.(line);
    } catch (cause) {
      this.#fail(new DriverError('internal', `the driver could not take a line of ${this.#tool}`, { cause }));
    }
  }

  /** Asks it to end, then makes it; one in an uninterruptible wait survives even that, but its caller must not. */
  #fail(failure: DriverError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#kill('SIGTERM');
    this.#later(graceMs, () => this.#kill('SIGKILL'));
    this.#later(2 * graceMs, () => this.#end(failure));
  }

  #end(outcome: RunResult | DriverError): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#child.removeAllListeners();
    // Its end after this is nobody's business, and must not be unheard.
    this.#child.on('error', () => {});
    this.#kill('SIGKILL');
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    const result = this.#failure ?? outcome;
    if (result instanceof Error) this.#ending.reject(result);
    else this.#ending.resolve(result);
  }

  #later(ms: number, work: () => void): void {
    this.#timers.push(setTimeout(work, ms));
  }

  #kill(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is gone already.
    }
  }
}
