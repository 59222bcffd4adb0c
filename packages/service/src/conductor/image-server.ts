import {
  type CommandOf,
  CyborgError,
  type FactOf,
  type Image,
  isCyborgError,
  isFinal,
  operationStates,
} from '@cyborgjs/core';
import type { ConductorContext } from './conductor.ts';
import { ImageSource } from './image-source.ts';
import { createPieces, type Pieces } from './pieces.ts';

type Wanted = FactOf<'image-wanted'>;
type ImageNews = CommandOf<'image-part'> | CommandOf<'image-refused'>;

/** What one command carries: small beside the limits of any broker. */
const partBytes = 256 * 1024;
/** Agents that are answered at once; the others ask again. */
const maxServed = 16;
/** The body of an image is kept open this long for the next question about it. */
const idleMs = 30_000;
/** The same question again within this time was put twice before it was answered. */
const repeatMs = 2_500;

/** An image that an agent is being given. */
interface Reading {
  readonly image: Image;
  readonly pieces: Pieces;
  readonly close: () => void;
}

/**
 * Gives the images of programming operations to the agents that ask for them. Nothing of it is stored: an agent that
 * gets no answer asks again, and any conductor can answer.
 */
export class ImageServer {
  readonly #context: Pick<ConductorContext, 'store' | 'bus' | 'now' | 'log' | 'images'>;
  readonly #stopped = new AbortController();
  /** Answers under way, by operation. */
  readonly #served = new Map<string, Promise<void>>();
  readonly #readings = new Map<string, Reading & { readonly timer: NodeJS.Timeout }>();
  readonly #answered = new Map<string, { readonly question: string; readonly at: number }>();

  constructor(context: Pick<ConductorContext, 'store' | 'bus' | 'now' | 'log' | 'images'>) {
    this.#context = context;
  }

  /** Takes a question up; the answer goes out by itself. */
  serve(wanted: Wanted): void {
    const { now, log } = this.#context;
    const { operationId, offset, length } = wanted;
    const question = `${offset}+${length}`;
    const before = this.#answered.get(operationId);
    const isRepeat = before?.question === question && now() - before.at < repeatMs;
    if (this.#stopped.signal.aborted || isRepeat || this.#served.has(operationId)) return;
    if (this.#served.size >= maxServed) return;
    const done = this.#answerOrRefuse(wanted)
      .catch((err: unknown) => log.warn({ err, operation: operationId }, 'an agent was not answered'))
      .finally(() => {
        this.#served.delete(operationId);
        for (const [key, { at }] of this.#answered) if (at < now() - repeatMs) this.#answered.delete(key);
        this.#answered.set(operationId, { question, at: now() });
      });
    this.#served.set(operationId, done);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    for (const { timer } of this.#readings.values()) clearTimeout(timer);
    await Promise.all(this.#served.values());
  }

  async #answerOrRefuse(wanted: Wanted): Promise<void> {
    const { operationId } = wanted;
    try {
      await this.#give(wanted);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#context.log.warn(
        { err: error, operation: operationId },
        'the image of an operation cannot be had',
      );
      await this.#answer(wanted, { kind: 'image-refused', operationId, ...refusalOf(error) });
    }
  }

  #answer({ host }: Wanted, news: ImageNews): Promise<void> {
    return this.#context.bus.sendCommand(host, news);
  }

  async #give(wanted: Wanted): Promise<void> {
    const { operationId, offset, length } = wanted;
    const source = await this.#sourceOf(wanted);
    if (source === undefined) return;
    if (length > 0) {
      const reading = this.#takeReading(wanted) ?? (await this.#open(source, offset));
      return this.#giveStretch(wanted, reading);
    }
    const image = await this.#context.images.describe(source, this.#stopped.signal);
    return this.#answer(wanted, { kind: 'image-part', operationId, image, offset, bytes: '' });
  }

  async #giveStretch(wanted: Wanted, reading: Reading): Promise<void> {
    const { operationId, offset, length } = wanted;
    const { image, pieces } = reading;
    const end = Math.min(offset + length, image.size);
    try {
      for (let at = offset; at < end; at = pieces.offset()) {
        const bytes = await pieces.take(Math.min(partBytes, end - at));
        if (bytes.length === 0) throw cutOff(image, at);
        const part = { operationId, image, offset: at, bytes: bytes.toString('base64') };
        await this.#answer(wanted, { kind: 'image-part', ...part });
      }
    } catch (error) {
      reading.close();
      throw error;
    }
    if (end < image.size) this.#keepReading(operationId, reading);
    else reading.close();
  }

  /** Where the image of the operation comes from; undefined when the operation is over, or is not the asker's. */
  async #sourceOf({ operationId, host }: Wanted): Promise<ImageSource | undefined> {
    const operation = await this.#context.store.operations.find(operationId);
    if (operation?.verb !== 'program' || operation.host !== host) return undefined;
    if (isFinal(operationStates, operation.state)) return undefined;
    return ImageSource.parse(operation.arguments.source);
  }

  async #open(source: ImageSource, offset: number): Promise<Reading> {
    const { images } = this.#context;
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stopped.signal, over.signal]);
    const image = await images.describe(source, signal);
    const pieces = createPieces(await images.read({ source, image, offset }, signal), offset);
    return { image, pieces, close: () => over.abort() };
  }

  #takeReading({ operationId, offset }: Wanted): Reading | undefined {
    const reading = this.#readings.get(operationId);
    if (reading === undefined) return undefined;
    this.#readings.delete(operationId);
    clearTimeout(reading.timer);
    if (reading.pieces.offset() === offset) return reading;
    reading.close();
    return undefined;
  }

  #keepReading(operationId: string, reading: Reading): void {
    const giveUp = () => {
      this.#readings.delete(operationId);
      reading.close();
    };
    this.#readings.set(operationId, { ...reading, timer: setTimeout(giveUp, idleMs).unref() });
  }
}

function refusalOf(error: unknown): Pick<CommandOf<'image-refused'>, 'error' | 'retry'> {
  if (isCyborgError(error))
    return {
      error: { code: error.code, message: error.message },
      retry: error.kind === 'unavailable' ? 'later' : 'never',
    };
  const message = `the image cannot be had: ${error instanceof Error ? error.message : String(error)}`;
  return { error: { code: 'image.unavailable', message }, retry: 'later' };
}

function cutOff({ id, size }: Image, at: number): CyborgError {
  return new CyborgError('image.unavailable', `image ${id} ended after ${at} bytes, and it has ${size}`);
}
