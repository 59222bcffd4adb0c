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
  const session = serve(socket, path);
  try {
    await session.greeted(AbortSignal.timeout(greetingMs));
    await session.execute('qmp_capabilities');
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

function serve(socket: Socket, path: string): QmpSession & { greeted(signal: AbortSignal): Promise<void> } {
  const answers = new Map<number, Waiting>();
  const told = new Set<string>();
  const listeners = new Set<() => void>();
  let ended: Error | undefined;
  let isGreeted = false;
  let lastId = 0;

  const wake = () => {
    for (const listener of listeners) listener();
  };
  const end = (reason: string) => {
    ended ??= new QmpError(reason);
    for (const { reject } of answers.values()) reject(ended);
    answers.clear();
    wake();
  };
  socket.on('error', (error) => end(`cannot speak with a QEMU at ${path}: ${error.message}`));
  socket.on('close', () => end(`the QEMU at ${path} has closed the connection`));
  const lines = createInterface({ input: socket });
  // It repeats the errors of the socket.
  lines.on('error', () => {});
  lines.on('line', (text) => {
    const line = parse(text);
    if (line === undefined) {
      end(`what answers at ${path} is no QEMU Machine Protocol`);
      socket.destroy();
      return;
    }
    if ('QMP' in line) isGreeted = true;
    else if ('event' in line) told.add(`${line.event} ${String(line.data.device)}`);
    else settle(answers, line);
    wake();
  });

  async function until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isSo()) {
      if (ended !== undefined) throw ended;
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const done = () => {
          listeners.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        listeners.add(done);
        signal.addEventListener('abort', done);
      });
    }
  }

  return {
    async greeted(signal) {
      await until(() => isGreeted, signal).catch((error: unknown) => {
        if (ended !== undefined || !signal.aborted) throw error;
        throw new QmpError(`${path} does not greet as a QEMU does; is another client connected to it?`);
      });
    },
    execute(command, args = {}) {
      if (ended !== undefined) return Promise.reject(ended);
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        answers.set(id, { resolve, reject });
        socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
      });
    },
    deviceEvent: (event, device, signal) => until(() => told.has(`${event} ${device}`), signal),
    close: () => void socket.destroy(),
  };
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
