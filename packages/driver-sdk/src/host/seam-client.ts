import { DriverError } from '../driver-error.ts';
import { canceled } from '../machine/tool-errors.ts';
import type { BytesPart, Machine, RunOptions, RunResult } from '../machine.ts';
import type { Peer } from './peer.ts';
import type { SeamRequest } from './protocol.ts';

/** How much of a binary file is asked for at once. */
const pieceBytes = 4 * 2 ** 20;

type Json = Extract<SeamRequest, { op: 'invoke' }>['argument'];
type Read = Extract<SeamRequest, { path: string }>['op'];

/** The asking side of `sys`: machines that are on the other side of a wire, which is trusted. */
export class SeamClient {
  readonly #peer: () => Peer;
  readonly #onLine = new Map<number, (line: string) => void>();

  constructor(peer: () => Peer) {
    this.#peer = peer;
  }

  /** A `sysLine` has come. */
  line({ sys, line }: { readonly sys: number; readonly line: string }): void {
    this.#onLine.get(sys)?.(line);
  }

  /** The other side's machine, as it is for one call. */
  machine(call: number): Machine {
    const ask = async <Value>(
      op: Exclude<Read, 'write' | 'readBytes'>,
      path: string,
    ): Promise<Value | undefined> => {
      const answer = (await this.#request(call, { op, path }).answer) as Value | null;
      return answer ?? undefined;
    };
    return {
      read: (path) => ask('read', path),
      readBytes: (path, part) => this.#readBytes(call, path, part),
      list: (path) => ask('list', path),
      link: (path) => ask('link', path),
      resolve: (path) => ask('resolve', path),
      write: async (path, text) => {
        await this.#request(call, { op: 'write', path, text }).answer;
      },
      run: (tool, args, options = {}) => this.#run(call, { tool, args, options }),
      invoke: ({ argument, ...use }) =>
        this.#request(call, { op: 'invoke', ...use, argument: argument as Json }).answer,
    };
  }

  /** In pieces: a long message holds up all others. */
  async #readBytes(
    call: number,
    path: string,
    { offset = 0, length: wanted = Number.POSITIVE_INFINITY }: BytesPart = {},
  ): Promise<Uint8Array | undefined> {
    const pieces: Buffer[] = [];
    for (let taken = 0; ; ) {
      const length = Math.min(pieceBytes, wanted - taken);
      const request = { op: 'readBytes', path, offset: offset + taken, length } as const;
      const answer = (await this.#request(call, request).answer) as string | null;
      if (answer === null) return undefined;
      const piece = Buffer.from(answer, 'base64');
      pieces.push(piece);
      taken += piece.length;
      if (piece.length < length || taken >= wanted) return new Uint8Array(Buffer.concat(pieces));
    }
  }

  #request(call: number, request: SeamRequest): { readonly id: number; readonly answer: Promise<unknown> } {
    return this.#peer().request('sys', { call, request });
  }

  async #run(
    call: number,
    { tool, args, options }: { tool: string; args: readonly string[]; options: RunOptions },
  ): Promise<RunResult> {
    const { signal, onLine, timeoutMs, maxOutputBytes, readOnly } = options;
    if (signal?.aborted === true) throw canceled(tool, signal);
    const isAborted = (): boolean => signal?.aborted === true;
    let deaf: DriverError | undefined;
    const { id, answer } = this.#request(call, {
      op: 'run',
      tool,
      args: [...args],
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(maxOutputBytes === undefined ? {} : { maxOutputBytes }),
      ...(onLine === undefined ? {} : { lines: true }),
      ...(readOnly === undefined ? {} : { readOnly }),
    });
    const end = (): void => this.#peer().notify('sysCancel', { sys: id });
    const take = (line: string): void => {
      if (deaf !== undefined) return;
      try {
        onLine?.(line);
      } catch (cause) {
        deaf = new DriverError('internal', `the driver could not take a line of ${tool}`, { cause });
        end();
      }
    };
    this.#onLine.set(id, take);
    signal?.addEventListener('abort', end, { once: true });
    try {
      const result = (await answer) as RunResult;
      if (deaf !== undefined) throw deaf;
      return result;
    } catch (error) {
      throw deaf ?? (isAborted() ? canceled(tool, signal) : error);
    } finally {
      this.#onLine.delete(id);
      signal?.removeEventListener('abort', end);
    }
  }
}
