import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const Line = z.union([
  z.object({ QMP: z.unknown() }),
  z.object({ event: z.string(), data: z.record(z.string(), z.unknown()).default({}) }),
  z.object({ return: z.unknown(), id: z.int().optional() }),
  z.object({ error: z.object({ class: z.string(), desc: z.string() }), id: z.int().optional() }),
]);

/** A refusal in QEMU's own words, or a connection that is no use. */
export class QmpError extends Error {
  override readonly name = 'QmpError';
}

/**
 * A connection to a running QEMU by its Machine Protocol (docs/interop/qmp-spec in QEMU). A socket serves one client at
 * a time: while another is connected, QEMU does not greet.
 */
export interface QmpSession {
  /** Rejects with `QmpError` when QEMU refuses or goes away. */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /**
   * Resolves when the event has been told of a device since the connection was made; rejects with the signal's reason.
   */
  deviceEvent(event: string, device: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Connects to the socket of a QEMU. Rejects with `QmpError` when nobody listens there or it is no QEMU. */
export async function openQmp(path: string, greetingMs = 5_000): Promise<QmpSession> {
  const socket = createConnection({ path });
  const session = new Connection(socket, path);
  try {
    await session.greeted(AbortSignal.timeout(greetingMs));
    await session.execute('qmp_capabilities');
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

class Connection implements QmpSession {
  readonly #socket: Socket;
  readonly #path: string;
  readonly #answers = new Map<number, Waiting>();
  readonly #told = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #ended: Error | undefined;
  #isGreeted = false;
  #lastId = 0;

  constructor(socket: Socket, path: string) {
    this.#socket = socket;
    this.#path = path;
    socket.on('error', ({ message }) => this.#end(`cannot speak with a QEMU at ${path}: ${message}`));
    socket.on('close', () => this.#end(`the QEMU at ${path} has closed the connection`));
    const lines = createInterface({ input: socket });
    // It repeats the errors of the socket.
    lines.on('error', () => {});
    lines.on('line', (text) => this.#hear(text));
  }

  async greeted(signal: AbortSignal): Promise<void> {
    await this.#until(() => this.#isGreeted, signal).catch((error: unknown) => {
      if (this.#ended !== undefined || !signal.aborted) throw error;
      throw new QmpError(`${this.#path} does not greet as a QEMU does; is another client connected to it?`);
    });
  }

  execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  deviceEvent(event: string, device: string, signal: AbortSignal): Promise<void> {
    return this.#until(() => this.#told.has(`${event} ${device}`), signal);
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(text: string): void {
    const line = parse(text);
    if (line === undefined) {
      this.#end(`what answers at ${this.#path} is no QEMU Machine Protocol`);
      this.close();
      return;
    }
    if ('QMP' in line) this.#isGreeted = true;
    else if ('event' in line) this.#told.add(`${line.event} ${String(line.data.device)}`);
    else settle(this.#answers, line);
    this.#wake();
  }

  #end(reason: string): void {
    this.#ended ??= new QmpError(reason);
    for (const { reject } of this.#answers.values()) reject(this.#ended);
    this.#answers.clear();
    this.#wake();
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }

  async #until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isSo()) {
      if (this.#ended !== undefined) throw this.#ended;
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#listeners.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#listeners.add(done);
        signal.addEventListener('abort', done);
      });
    }
  }
}

function parse(text: string): z.output<typeof Line> | undefined {
  try {
    return Line.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function settle(
  answers: Map<number, Waiting>,
  line: { readonly id?: number | undefined } & (
    | { readonly return: unknown }
    | { readonly error: { readonly desc: string } }
  ),
): void {
  const waiting = answers.get(line.id ?? 0);
  answers.delete(line.id ?? 0);
  if ('error' in line) waiting?.reject(new QmpError(line.error.desc));
  else waiting?.resolve(line.return);
}
