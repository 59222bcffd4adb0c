import { connect, type Socket } from 'node:net';

/** An answer, of which only as much is kept as was asked for. */
export interface Answer {
  readonly status: number;
  /** Empty unless it was to be kept. */
  readonly body: string;
}

/**
 * One connection of a client that costs next to nothing beside the server that is measured: requests are bytes that
 * were made before, of answers only status and length are read.
 */
export interface Connection {
  /** Sends a request when the one before has been answered. */
  ask(request: Buffer, keepBody?: boolean): Promise<Answer>;
  close(): void;
}

/** A request as bytes. */
export function requestOf(
  method: string,
  path: string,
  {
    headers = {},
    body,
  }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {},
): Buffer {
  const text = body === undefined ? '' : JSON.stringify(body);
  const all = {
    host: '127.0.0.1',
    ...headers,
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text}`);
}

interface Waiting {
  readonly keepBody: boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

export async function openConnection(port: number): Promise<Connection> {
  const socket = await connected(port);
  let waiting: Waiting | undefined;
  let head: { readonly status: number; readonly length: number } | undefined;
  let kept: Buffer[] = [];
  let received = 0;

  socket.on('data', (chunk) => {
    kept.push(chunk);
    received += chunk.length;
    if (head === undefined) {
      const bytes = kept.length === 1 ? chunk : Buffer.concat(kept);
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      const text = bytes.toString('latin1', 0, end);
      const status = Number(text.slice(9, 12));
      const body = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
      head = { status, length: end + 4 + body };
    }
    if (received < head.length) {
      if (waiting?.keepBody !== true) kept = [];
      return;
    }
    const { status } = head;
    const body = waiting?.keepBody === true ? bodyOf(Buffer.concat(kept)) : '';
    const done = waiting;
    [head, kept, received, waiting] = [undefined, [], 0, undefined];
    done?.resolve({ status, body });
  });
  const fail = () => waiting?.reject(new Error('the connection was closed'));
  socket.on('close', fail).on('error', fail);

  return {
    ask: (request, keepBody = false) =>
      new Promise((resolve, reject) => {
        waiting = { keepBody, resolve, reject };
        socket.write(request);
      }),
    close: () => void socket.destroy(),
  };
}

const bodyOf = (bytes: Buffer): string => bytes.toString('utf8', bytes.indexOf('\r\n\r\n') + 4);

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });
}
