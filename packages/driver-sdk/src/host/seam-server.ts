import { DriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import type { SeamRequest } from './protocol.ts';

const maxLineLength = 4096;

/** The most of a binary file that one answer holds: it is in memory whole, and again in base64. */
export const maxPieceBytes = 8 * 2 ** 20;

const tooLong = (path: string): DriverError =>
  new DriverError('invalid', `one answer holds no more than ${maxPieceBytes} bytes of ${path}`, {
    hint: 'Read it in parts: readBytes with offset and length, until a part is shorter than was asked for.',
  });

interface SeamServerOptions {
  /** Tells the asking side a line, shortened, that the tool of a request has printed; some may be left out. */
  readonly tellLine: (line: { readonly sys: number; readonly line: string }) => void;
}

type BytesRequest = Extract<SeamRequest, { op: 'readBytes' }>;
type RunRequest = Extract<SeamRequest, { op: 'run' }>;

/** The answering side of `sys`: does requests on a machine, and ends their tools when asked to. */
export class SeamServer {
  readonly #options: SeamServerOptions;
  readonly #runs = new Map<number, AbortController>();

  constructor(options: SeamServerOptions) {
    this.#options = options;
  }

  /** Tools under way. */
  get runs(): number {
    return this.#runs.size;
  }

  /** The answer to the request with this id, as it goes over the wire. */
  async answer(machine: Machine, request: SeamRequest, id: number): Promise<unknown> {
    switch (request.op) {
      case 'readBytes':
        return this.#readBytes(machine, request);
      case 'write':
        return machine.write(request.path, request.text);
      case 'run':
        return this.#run(machine, request, id);
      case 'invoke': {
        const { op: _op, ...use } = request;
        return machine.invoke(use);
      }
      default:
        return machine[request.op](request.path);
    }
  }

  /** The tool of a request is to end. */
  cancel({ sys }: { readonly sys: number }): void {
    this.#runs.get(sys)?.abort();
  }

  /** All tools are to end. */
  cancelAll(): void {
    for (const controller of this.#runs.values()) controller.abort();
  }

  async #readBytes(machine: Machine, { path, offset = 0, length }: BytesRequest): Promise<unknown> {
    // One more than fits tells that there is more.
    const wanted = Math.min(length ?? maxPieceBytes + 1, maxPieceBytes + 1);
    const bytes = await machine.readBytes(path, { offset, length: wanted });
    if (bytes === undefined) return null;
    if (bytes.length > maxPieceBytes) throw tooLong(path);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  }

  async #run(machine: Machine, request: RunRequest, id: number): Promise<unknown> {
    const { tool, args, timeoutMs, maxOutputBytes, lines = false, readOnly } = request;
    const controller = new AbortController();
    this.#runs.set(id, controller);
    try {
      return await machine.run(tool, args, {
        signal: controller.signal,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(maxOutputBytes === undefined ? {} : { maxOutputBytes }),
        ...(readOnly === undefined ? {} : { readOnly }),
        ...(lines
          ? {
              onLine: (line: string) =>
                this.#options.tellLine({ sys: id, line: line.slice(0, maxLineLength) }),
            }
          : {}),
      });
    } finally {
      this.#runs.delete(id);
    }
  }
}
