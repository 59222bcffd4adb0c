import type { Machine } from '../machine.ts';
import type { SeamRequest } from './protocol.ts';

const maxLineLength = 4096;

interface SeamServerOptions {
  /** Tells the asking side a line, shortened, that the tool of a request has printed; some may be left out. */
  readonly tellLine: (line: { readonly sys: number; readonly line: string }) => void;
}

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
      case 'readBytes': {
        const bytes = await machine.readBytes(request.path);
        return bytes === undefined ? null : Buffer.from(bytes).toString('base64');
      }
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
