import { z } from 'zod';
import { DriverError } from '../driver-error.ts';
import { canceled } from '../machine/tool-errors.ts';
import type { Machine, RunOptions, RunResult } from '../machine.ts';
import type { Peer } from './peer.ts';
import type { SeamRequest } from './protocol.ts';

type Read = Extract<SeamRequest, { path: string }>['op'];

const Text = z.string().nullable();
const Names = z.array(z.string()).nullable();
const Ran = z.strictObject({ code: z.int(), out: z.string(), err: z.string() });

/** The asking side of `sys`: machines that are on the other side of a wire. */
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
      op: Exclude<Read, 'write'>,
      path: string,
      schema: z.ZodType<Value | null>,
    ): Promise<Value | undefined> => {
      const { answer } = this.#request(call, { op, path });
      return schema.parse(await answer) ?? undefined;
    };
    return {
      read: (path) => ask('read', path, Text),
      readBytes: async (path) => {
        const bytes = await ask('readBytes', path, Text);
        return bytes === undefined ? undefined : new Uint8Array(Buffer.from(bytes, 'base64'));
      },
      list: (path) => ask('list', path, Names),
      link: (path) => ask('link', path, Text),
      resolve: (path) => ask('resolve', path, Text),
      write: async (path, text) => {
        await this.#request(call, { op: 'write', path, text }).answer;
      },
      run: (tool, args, options = {}) => this.#run(call, { tool, args, options }),
    };
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
      const result = Ran.parse(await answer);
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
