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

/** Answers agents that ask for images. */
export interface ImageServer {
  /** Takes a question up; the answer goes out by itself. */
  serve(wanted: Wanted): void;
  stop(): Promise<void>;
}

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
export function createImageServer(
  context: Pick<ConductorContext, 'store' | 'bus' | 'now' | 'log' | 'images'>,
): ImageServer {
  const { store, bus, now, log, images } = context;
  const stopped = new AbortController();
  const served = new Map<string, Promise<void>>();
  const readings = new Map<string, Reading & { readonly timer: NodeJS.Timeout }>();
  const answered = new Map<string, { readonly question: string; readonly at: number }>();

  const answer = (wanted: Wanted, news: ImageNews) => bus.sendCommand(wanted.host, news);

  /** Where the image of the operation comes from; undefined when the operation is over, or is not the asker's. */
  async function sourceOf({ operationId, host }: Wanted): Promise<ImageSource | undefined> {
    const operation = await store.operations.find(operationId);
    if (operation?.verb !== 'program' || operation.host !== host) return undefined;
    if (isFinal(operationStates, operation.state)) return undefined;
    return ImageSource.parse(operation.arguments.source);
  }

  async function give(wanted: Wanted): Promise<void> {
    const { operationId, offset, length } = wanted;
    const source = await sourceOf(wanted);
    if (source === undefined) return;
    if (length === 0) {
      const image = await images.describe(source, stopped.signal);
      return answer(wanted, { kind: 'image-part', operationId, image, offset, bytes: '' });
    }
    const reading = takeReading(wanted) ?? (await open(source, offset));
    const { image, pieces } = reading;
    const end = Math.min(offset + length, image.size);
    try {
      for (let at = offset; at < end; ) {
        const bytes = await pieces.take(Math.min(partBytes, end - at));
        if (bytes.length === 0) throw cutOff(image, at);
        await answer(wanted, {
          kind: 'image-part',
          operationId,
          image,
          offset: at,
          bytes: bytes.toString('base64'),
        });
        at += bytes.length;
      }
    } catch (error) {
      reading.close();
      throw error;
    }
    if (end < image.size) keepReading(operationId, reading);
    else reading.close();
  }

  async function open(source: ImageSource, offset: number): Promise<Reading> {
    const over = new AbortController();
    const signal = AbortSignal.any([stopped.signal, over.signal]);
    const image = await images.describe(source, signal);
    const pieces = createPieces(await images.read({ source, image, offset }, signal), offset);
    return { image, pieces, close: () => over.abort() };
  }

  function takeReading({ operationId, offset }: Wanted): Reading | undefined {
    const reading = readings.get(operationId);
    if (reading === undefined) return undefined;
    readings.delete(operationId);
    clearTimeout(reading.timer);
    if (reading.pieces.offset() === offset) return reading;
    reading.close();
    return undefined;
  }

  function keepReading(operationId: string, reading: Reading): void {
    const giveUp = () => {
      readings.delete(operationId);
      reading.close();
    };
    readings.set(operationId, { ...reading, timer: setTimeout(giveUp, idleMs).unref() });
  }

  async function answerOrRefuse(wanted: Wanted): Promise<void> {
    const { operationId } = wanted;
    try {
      await give(wanted);
    } catch (error) {
      if (stopped.signal.aborted) return;
      log.warn({ err: error, operation: operationId }, 'the image of an operation cannot be had');
      await answer(wanted, { kind: 'image-refused', operationId, ...refusalOf(error) });
    }
  }

  return {
    serve(wanted) {
      const { operationId, offset, length } = wanted;
      const question = `${offset}+${length}`;
      const before = answered.get(operationId);
      const isRepeat = before?.question === question && now() - before.at < repeatMs;
      if (stopped.signal.aborted || isRepeat || served.has(operationId) || served.size >= maxServed) return;
      const done = answerOrRefuse(wanted)
        .catch((err: unknown) => log.warn({ err, operation: operationId }, 'an agent was not answered'))
        .finally(() => {
          served.delete(operationId);
          forgetBefore(answered, now() - repeatMs);
          answered.set(operationId, { question, at: now() });
        });
      served.set(operationId, done);
    },
    async stop() {
      stopped.abort();
      for (const { timer } of readings.values()) clearTimeout(timer);
      await Promise.all(served.values());
    },
  };
}

function forgetBefore(answered: Map<string, { readonly at: number }>, before: number): void {
  for (const [key, { at }] of answered) if (at < before) answered.delete(key);
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
