import type { CommandOf, FactOf, Image, OperationFailure, RetryAdvice, Uuid } from '@cyborgjs/core';
import { DriverError } from '@cyborgjs/driver-sdk';
import type { ImageCache } from './image-cache.ts';

type ImageNews = CommandOf<'image-part'> | CommandOf<'image-refused'>;

interface ImageFetcherInit {
  readonly cache: ImageCache;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly ask: (wanted: Pick<FactOf<'image-wanted'>, 'operationId' | 'offset' | 'length'>) => void;
}

/** Whose image, and how the wait for it is bounded. */
export interface ImageOrder {
  readonly operationId: Uuid;
  /** How long it may take. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number, note: string) => void;
}

/** An image on this host; let go of it when it is in the card. */
export interface FetchedImage {
  readonly image: Image;
  /** As a driver sees it. */
  readonly path: string;
  letGo(): void;
}

/** Gets images from the conductor, stretch by stretch over the bus, one at a time. */
export interface ImageFetcher {
  /**
   * The image of an operation, whole and hashing to what it must; what is there already is not asked for again.
   * Throws `RefusedImage`, or a `DriverError`.
   */
  fetch(order: ImageOrder): Promise<FetchedImage>;
  /** Takes what a conductor answered; what nobody waits for is dropped. */
  receive(news: ImageNews): void;
}

/** How much is asked for at once: what may be under way on the bus for a host. */
const stretchBytes = 4 * 1024 * 1024;
/** After this long without an answer the question is put again; doubled each time that nothing came. */
const patienceMs = { first: 5_000, most: 60_000 };

/** The conductor's answer that there is no image to be had, in its words. */
export class RefusedImage extends Error {
  override readonly name = 'RefusedImage';
  readonly failure: OperationFailure;
  readonly retry: RetryAdvice;

  constructor({ error, retry }: CommandOf<'image-refused'>) {
    super(error.message);
    this.failure = error;
    this.retry = retry;
  }
}

/** A fetcher over the cache of one host. */
export function createImageFetcher({ cache, pause, ask }: ImageFetcherInit): ImageFetcher {
  const inboxes = new Map<Uuid, Inbox>();
  let tail: Promise<unknown> = Promise.resolve();

  async function transfer(order: ImageOrder, signal: AbortSignal): Promise<FetchedImage> {
    const inbox = createInbox(pause);
    inboxes.set(order.operationId, inbox);
    try {
      return await converse({ order, inbox, signal });
    } finally {
      inboxes.delete(order.operationId);
    }
  }

  async function converse({ order, inbox, signal }: Conversation): Promise<FetchedImage> {
    const { operationId, onProgress } = order;
    const asker = {
      onProgress,
      inbox,
      signal,
      ask: (offset: number, length: number) => ask({ operationId, offset, length }),
    };
    onProgress(0, 'asking what the image is');
    const { image } = await answerTo(asker, { offset: 0, length: 0 });
    const letGo = cache.pin(image.digest);
    try {
      const path = (await cache.find(image.digest)) ?? (await download(cache, image, asker));
      return { image, path, letGo };
    } catch (error) {
      letGo();
      throw error;
    }
  }

  return {
    fetch(order) {
      const overdue = AbortSignal.timeout(Math.max(0, order.deadlineMs));
      const signal = AbortSignal.any([order.signal, overdue]);
      const turn = untilAborted(tail, signal).then(() => transfer(order, signal));
      tail = Promise.allSettled([tail, turn]);
      return turn.catch((error: unknown) => {
        if (order.signal.aborted) throw new DriverError('canceled', 'fetching the image was cancelled');
        if (overdue.aborted)
          throw new DriverError('timeout', 'the image was not fetched before the deadline of the operation', {
            hint: 'See whether a conductor runs and reaches the bus and the store of the image.',
          });
        throw error;
      });
    },
    receive: (news) => inboxes.get(news.operationId)?.put(news),
  };
}

/** Progress in hundredths: each step is a message, and is stored. */
function inSteps(tell: ImageOrder['onProgress']): ImageOrder['onProgress'] {
  let told = 0;
  return (fraction, note) => {
    if (fraction < 1 && fraction - told < 0.01) return;
    told = fraction;
    tell(fraction, note);
  };
}

interface Conversation {
  readonly order: ImageOrder;
  readonly inbox: Inbox;
  readonly signal: AbortSignal;
}

/** Fetches what is not there yet; the path. */
async function download(cache: ImageCache, image: Image, asker: Asker): Promise<string> {
  const begun = await cache.begin(image);
  const tell = inSteps(asker.onProgress);
  for (let offset = begun.bytes; offset < image.size; ) {
    const end = Math.min(offset + stretchBytes, image.size);
    let part: CommandOf<'image-part'> | undefined = await answerTo(asker, { offset, length: end - offset });
    while (part !== undefined) {
      const bytes = bytesOf(part, image, end);
      await cache.append(image, offset, bytes);
      offset += bytes.length;
      tell(offset / image.size, `fetched ${offset} of ${image.size} bytes of image ${image.id}`);
      part = offset < end ? await partAt(asker, { offset, isEmpty: false }, patienceMs.first) : undefined;
    }
  }
  return cache.finish(image, begun);
}

interface Asker {
  readonly onProgress: ImageOrder['onProgress'];
  readonly inbox: Inbox;
  readonly signal: AbortSignal;
  readonly ask: (offset: number, length: number) => void;
}

/** Asks until there is an answer for the place that was asked about. */
async function answerTo(
  asker: Asker,
  { offset, length }: { readonly offset: number; readonly length: number },
): Promise<CommandOf<'image-part'>> {
  for (let waitMs = patienceMs.first; ; waitMs = Math.min(2 * waitMs, patienceMs.most)) {
    asker.ask(offset, length);
    const part = await partAt(asker, { offset, isEmpty: length === 0 }, waitMs);
    if (part !== undefined) return part;
  }
}

/** The next part for a place; repeats of others are dropped. Undefined when nothing came in time. */
async function partAt(
  { inbox, signal }: Asker,
  { offset, isEmpty }: { readonly offset: number; readonly isEmpty: boolean },
  waitMs: number,
): Promise<CommandOf<'image-part'> | undefined> {
  for (;;) {
    const news = await inbox.next(waitMs, signal);
    signal.throwIfAborted();
    if (news === undefined) return undefined;
    if (news.kind === 'image-refused') throw new RefusedImage(news);
    if (news.offset === offset && (news.bytes === '') === isEmpty) return news;
  }
}

/** Answers as they come in. */
interface Inbox {
  put(news: ImageNews): void;
  /** The oldest; undefined when none came in time. */
  next(waitMs: number, signal: AbortSignal): Promise<ImageNews | undefined>;
}

function createInbox(pause: ImageFetcherInit['pause']): Inbox {
  const waiting: ImageNews[] = [];
  let wake = () => {};
  return {
    put(news) {
      waiting.push(news);
      wake();
    },
    async next(waitMs, signal) {
      if (waiting.length === 0) {
        const arrived = new AbortController();
        wake = () => arrived.abort();
        await pause(waitMs, AbortSignal.any([signal, arrived.signal]));
      }
      return waiting.shift();
    },
  };
}

function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return Promise.race([
    work,
    new Promise((_resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
  ]);
}

function bytesOf(part: CommandOf<'image-part'>, image: Image, end: number): Buffer {
  if (part.image.digest !== image.digest) throw changed(image);
  const bytes = Buffer.from(part.bytes, 'base64');
  if (bytes.length === 0 || part.offset + bytes.length > end) throw nonsense(image, part);
  return bytes;
}

function changed({ id }: Image): DriverError {
  return new DriverError('conflict', `image ${id} was replaced by another while it was fetched`, {
    retry: 'now',
  });
}

function nonsense({ id }: Image, { offset, bytes }: CommandOf<'image-part'>): DriverError {
  return new DriverError(
    'invalid',
    `a part of image ${id} at ${offset} has ${bytes.length} characters, which were not asked for`,
    { retry: 'later' },
  );
}
