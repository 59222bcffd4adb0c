import { connect } from 'node:net';

/** A request as bytes on the wire; nothing in between mends or refuses what is wrong with it. */
export interface RawRequest {
  readonly method: string;
  /** Path and query, in Latin-1: bytes above 127 are sent as they are. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | null;
}

/** How a service answered. */
export interface RawAnswer {
  /** 0 when it closed the connection without a word. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** As UTF-8; of a stream of events nothing. */
  readonly body: string;
  readonly tookMs: number;
}

/** The bytes of a request; `Content-Length` and `Connection: close` are added unless it has its own. */
export function bytesOf({ method, target, headers, body }: RawRequest): Buffer {
  const has = (name: string) => headers.some(([own]) => own.toLowerCase() === name);
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  if (!has('host')) lines.push('Host: 127.0.0.1');
  if (!has('connection')) lines.push('Connection: close');
  if (body !== null && !has('content-length') && !has('transfer-encoding'))
    lines.push(`Content-Length: ${body.length}`);
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return body === null ? head : Buffer.concat([head, body]);
}

interface Patience {
  readonly withinMs: number;
  /** When to say that there is no more to come, for a server that waits for more; left out: never. */
  readonly closeAfterMs?: number | undefined;
}

/**
 * Sends bytes on a connection of their own and reads what comes back.
 *
 * @throws Error when there is no end of it within the given time
 */
export function sendRaw(
  port: number,
  bytes: Buffer,
  { withinMs, closeAfterMs = withinMs }: Patience,
): Promise<RawAnswer> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end of the answer within ${withinMs / 1000} s`));
    }, withinMs);
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ...readAnswer(Buffer.concat(chunks)), tookMs: performance.now() - startedAt });
    };
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      // A stream of events ends when the client has enough of it.
      if (chunks.length === 1 && /^content-type: text\/event-stream/im.test(chunk.toString('latin1'))) end();
    });
    socket.on('end', end);
    // Whoever is refused early may find the connection gone before all is sent.
    socket.on('error', end);
    socket.write(bytes);
    // At once it would mean that the answer is of no interest any more.
    const noMore = setTimeout(() => socket.end(), closeAfterMs);
    socket.once('close', () => clearTimeout(noMore));
  });
}

function readAnswer(bytes: Buffer): Omit<RawAnswer, 'tookMs'> {
  const at = bytes.indexOf('\r\n\r\n');
  const [first = '', ...lines] = bytes.subarray(0, Math.max(0, at)).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  return { status, headers, body: at < 0 ? '' : bytes.subarray(at + 4).toString('utf8') };
}
