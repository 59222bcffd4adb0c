import type { DriverFailure } from '@cyborgjs/core';
import { DriverError, toDriverFailure } from '../driver-error.ts';
import { errnoOf } from '../machine/driver-error-from-errno.ts';
import type { LineChannel } from './line-channel.ts';
import { driverFailureCode } from './protocol-version.ts';
import { readWireMessage, type WireMessage } from './wire-message.ts';

type Handler = (params: unknown, id: number) => unknown;

/** What one side does on the other's messages, by method. `on` makes each. */
export type Handlers = Readonly<Record<string, Handler>>;

/** What checks something that came; a zod schema is one. */
export interface Parser<Value> {
  parse(value: unknown): Value;
}

/** Takes what comes from a side that is trusted. */
export const trusted = <Value>(): Parser<Value> => ({ parse: (value) => value as Value });

/** A `DriverFailure` on the wire: with the errno (`EBUSY`) of the system call behind it, if there is one. */
type WireFailure = DriverFailure & { readonly errno?: string | undefined };

/** A handler whose parameters are checked before it runs. */
export function on<Params>(schema: Parser<Params>, handle: (params: Params, id: number) => unknown): Handler {
  return (params, id) => handle(schema.parse(params), id);
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: DriverError) => void;
}

interface PeerOptions {
  readonly handlers: Handlers;
  /** Checks the failure in an error object. */
  readonly failures: Parser<WireFailure>;
  /** The other side broke the protocol; it goes on unless this ends it. */
  readonly onViolation: (complaint: string) => void;
}

/** One end of the wire: numbers its requests, matches their answers, and answers the other's. */
export class Peer {
  readonly #handlers: Handlers;
  readonly #failures: Parser<WireFailure>;
  readonly #onViolation: (complaint: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  #channel: LineChannel | undefined;
  #nextId = 1;
  #closed: DriverError | undefined;

  constructor({ handlers, failures, onViolation }: PeerOptions) {
    this.#handlers = handlers;
    this.#failures = failures;
    this.#onViolation = onViolation;
  }

  connect(channel: LineChannel): void {
    this.#channel = channel;
  }

  /** The answer fails with the other side's failure, or with that of `close`. An answer after that is ignored. */
  request(method: string, params: object): { readonly id: number; readonly answer: Promise<unknown> } {
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#closed !== undefined) return reject(this.#closed);
      this.#waiting.set(id, { resolve, reject });
      this.#send({ jsonrpc: '2.0', id, method, params }).catch((cause: unknown) => {
        this.#waiting.delete(id);
        reject(new DriverError('invalid', `"${method}" cannot be sent as JSON`, { cause }));
      });
    });
    return { id, answer };
  }

  notify(method: string, params: object): void {
    this.#send({ jsonrpc: '2.0', method, params }).catch((cause: unknown) =>
      this.#onViolation(`"${method}" cannot be sent as JSON: ${String(cause)}`),
    );
  }

  /** A notification that may be left out: it is, while much waits for the other side to read it. */
  notifyLossy(method: string, params: object): void {
    if (this.#channel?.isCongested !== true) this.notify(method, params);
  }

  /** Fails all requests under way and to come. */
  close(error: DriverError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#channel?.close();
  }

  receive(value: unknown): void {
    if (this.#closed !== undefined) return;
    const message = readWireMessage(value);
    if (typeof message === 'string') {
      this.#onViolation(`a message that is none: ${message}`);
      return;
    }
    const { method, params, id } = message;
    if (method === undefined) this.#settle(message);
    else if (id === undefined) this.#notified(method, params);
    else void this.#answer(method, params, id);
  }

  #settle({ id, error, result }: WireMessage): void {
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (id === undefined || waiting === undefined) return;
    this.#waiting.delete(id);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(this.#failureOf(error));
  }

  #failureOf({ message, data }: NonNullable<WireMessage['error']>): DriverError {
    try {
      const failure = this.#failures.parse(data);
      return DriverError.fromFailure(failure, failure.errno);
    } catch {
      return new DriverError('internal', `the other side failed: ${message}`);
    }
  }

  #notified(method: string, params: unknown): void {
    try {
      const handler = this.#handlers[method];
      if (handler === undefined) throw new DriverError('unsupported', 'there is no such method');
      handler(params, -1);
    } catch (error) {
      this.#onViolation(`a bad notification "${method}": ${complaintOf(error)}`);
    }
  }

  async #answer(method: string, params: unknown, id: number): Promise<void> {
    try {
      const handler = this.#handlers[method];
      if (handler === undefined) throw new DriverError('unsupported', `no method "${method}"`);
      const result = await handler(params, id);
      await this.#send({ jsonrpc: '2.0', id, result: result ?? null });
    } catch (error) {
      const failure = { ...toDriverFailure(error), errno: errnoOf(error) };
      await this.#send({
        jsonrpc: '2.0',
        id,
        error: { code: driverFailureCode, message: failure.message, data: failure },
      });
    }
  }

  async #send(message: object): Promise<void> {
    await this.#channel?.send(message);
  }
}

/** A schema's complaint names the place of each fault. */
function complaintOf(error: unknown): string {
  if (!(error instanceof Error) || !('issues' in error) || !Array.isArray(error.issues)) return String(error);
  const issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] = error.issues;
  return issues.map(({ path, message }) => `${path.map(String).join('.') || '.'}: ${message}`).join('; ');
}
