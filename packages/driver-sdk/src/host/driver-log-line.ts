import type { Readable } from 'node:stream';
import { LineSplitter } from './line-splitter.ts';
import { ReadingPace } from './reading-pace.ts';

/** A line of a driver's log, from wherever it came. */
export interface DriverLogLine {
  readonly driver: string;
  /** `driver`: written through its context; `stdout`, `stderr`: by its process; `host`: about its process. */
  readonly source: 'driver' | 'stdout' | 'stderr' | 'host';
  readonly level: 'info' | 'warn';
  readonly message: string;
  /** The call that it belongs to. */
  readonly callId?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

export type DriverLogSink = (line: DriverLogLine) => void;

const maxLineBytes = 4096;

/** Passes on so many lines of each second; of the rest it tells the number. */
export function limitLog(sink: DriverLogSink, linesPerSecond: number): DriverLogSink {
  let passed = 0;
  let dropped = 0;
  const nextSecond = (driver: string): void => {
    const message = `${dropped} further lines within a second were dropped`;
    if (dropped > 0) sink({ driver, source: 'host', level: 'warn', message });
    passed = 0;
    dropped = 0;
  };
  return (line) => {
    if (passed + dropped === 0) setTimeout(() => nextSecond(line.driver), 1000).unref();
    if (passed < linesPerSecond) {
      passed++;
      sink(line);
    } else dropped++;
  };
}

interface LogOutputOptions {
  readonly bytesPerSecond: number;
  readonly onLine: (line: string) => void;
}

/** Reads a process's output by lines of at most 4 KiB, no faster than given. */
export function logOutput(stream: Readable, { bytesPerSecond, onLine }: LogOutputOptions): void {
  const pace = new ReadingPace(stream, bytesPerSecond);
  const splitter = new LineSplitter(maxLineBytes, (line, clipped) =>
    onLine(`${printable(line.toString('utf8'))}${clipped ? '…' : ''}`),
  );
  stream.on('data', (chunk: Buffer) => {
    pace.spend(chunk.length);
    splitter.push(chunk);
  });
  stream.once('end', () => splitter.end());
  stream.on('error', () => stream.destroy());
}

/** Without the control characters that could deface a terminal or a log file. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const printable = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '�');
