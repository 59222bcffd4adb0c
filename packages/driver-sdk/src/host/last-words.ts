import type { DriverErrorOptions } from '../driver-error.ts';
import { type DriverLogSink, logOutput } from './driver-log-line.ts';
import type { HostLimits } from './host-limits.ts';
import type { DriverChild } from './spawn-child.ts';

const linesKept = 20;

interface LastWordsOptions {
  readonly driver: string;
  readonly output: DriverChild['output'];
  readonly limits: HostLimits;
  readonly log: DriverLogSink;
}

/** Logs what a process prints. The end of its standard error tells why it crashed: that is kept. */
export class LastWords {
  readonly #lines: string[] = [];
  #take: (line: string) => boolean = () => false;

  constructor({ driver, output, limits, log }: LastWordsOptions) {
    for (const source of ['stdout', 'stderr'] as const) {
      logOutput(output[source], {
        bytesPerSecond: limits.outputBytesPerSecond,
        onLine: (message) => {
          if (source === 'stderr' && this.#take(message)) return;
          log({ driver, source, level: source === 'stdout' ? 'info' : 'warn', message });
          if (source === 'stderr') this.#keep(message);
        },
      });
    }
  }

  /** Shows each line of standard error first, until the returned function is called; true keeps it from the log. */
  watch(take: (line: string) => boolean): () => void {
    this.#take = take;
    return () => {
      this.#take = () => false;
    };
  }

  /** As the cause of a failure; nothing when it said nothing. */
  asCause(): Pick<DriverErrorOptions, 'cause'> {
    return this.#lines.length === 0 ? {} : { cause: new Error(this.#lines.join('\n')) };
  }

  #keep(line: string): void {
    if (line.trim() === '') return;
    this.#lines.push(line);
    if (this.#lines.length > linesKept) this.#lines.shift();
  }
}
