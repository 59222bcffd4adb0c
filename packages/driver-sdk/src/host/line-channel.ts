import type { Duplex } from 'node:stream';
import { LineSplitter } from './line-splitter.ts';
import { ReadingPace } from './reading-pace.ts';

const bytesPerUnit = 4096;
const congestedBytes = 2 ** 20;

/** A way to send messages to the other side and to end the connection: all that the protocol needs of a transport. */
export interface LineChannel {
  /** Resolves when the message has left this process, or never will. */
  send(message: object): Promise<void>;
  /** Whether much of what was sent still waits for the other side to read it. */
  readonly isCongested: boolean;
  close(): void;
}

interface LineChannelOptions {
  readonly stream: Duplex;
  readonly maxBytes: number;
  /** Messages per second; one counts as several when it is longer than 4 KiB. */
  readonly messagesPerSecond: number;
  readonly onMessage: (message: unknown) => void;
  /** Something came that is no message; nothing after it can be trusted. */
  readonly onGarbage: (complaint: string) => void;
  readonly onClosed: () => void;
}

/**
 * Messages as lines of JSON over a stream. Node's own channel between processes is not used: bytes on it that are
 * no JSON raise an exception in the parent that nothing can catch, and it takes messages of any size.
 */
export function createLineChannel(options: LineChannelOptions): LineChannel {
  const { stream, maxBytes } = options;
  const pace = new ReadingPace(stream, options.messagesPerSecond);
  const splitter = new LineSplitter(maxBytes, (line, clipped) => {
    pace.spend(1 + Math.floor(line.length / bytesPerUnit));
    if (clipped) return options.onGarbage(`a message longer than ${maxBytes} bytes`);
    const message = parseJson(line);
    if (message === undefined) return options.onGarbage(`no JSON: ${line.toString('utf8', 0, 200)}`);
    options.onMessage(message);
  });
  stream.on('data', (chunk: Buffer) => splitter.push(chunk));
  // A write to a process that has just ended: its end is told by `close`.
  stream.on('error', () => stream.destroy());
  stream.once('end', () => stream.destroy());
  stream.once('close', options.onClosed);
  return {
    send: (message) => {
      const line = `${JSON.stringify(message)}\n`;
      return new Promise((resolve) => {
        if (stream.writable) stream.write(line, () => resolve());
        else resolve();
      });
    },
    get isCongested() {
      return stream.writableLength > congestedBytes;
    },
    close: () => {
      stream.destroy();
    },
  };
}

function parseJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}
