import type { Machine } from '../machine.ts';
import type { SeamRequest } from './protocol.ts';

const maxLineLength = 4096;

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
  #reading: { readonly machine: Machine; readonly path: string; readonly bytes: Uint8Array } | undefined;

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

  /** What is read in pieces is read once, as long as the pieces come in order. */
  async #readBytes(machine: Machine, { path, offset = 0, length }: BytesRequest): Promise<unknown> {
    const begun = this.#reading;
    const goesOn = begun !== undefined && offset > 0 && begun.machine === machine && begun.path === path;
    const bytes = goesOn ? begun.bytes : await machine.readBytes(path);
    const end = length === undefined ? Number.POSITIVE_INFINITY : offset + length;
    const isOver = bytes === undefined || end > bytes.length;
    this.#reading = isOver ? undefined : { machine, path, bytes };
    return bytes === undefined ? null : Buffer.from(bytes.subarray(offset, end)).toString('base64');
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
