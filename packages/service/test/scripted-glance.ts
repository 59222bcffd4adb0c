import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

/** An image of a scripted Glance; what is said of it may be a lie. */
export interface ScriptedImage {
  readonly id: string;
  bytes: Buffer;
  /** What Glance shows of it beside its id. */
  shown: Record<string, unknown>;
}

/** A Glance of which only the outside is there: it has the images that it is given, and fails as it is told. */
export interface ScriptedGlance {
  readonly url: string;
  readonly images: Map<string, ScriptedImage>;
  /** Method, path and range of each request so far. */
  readonly asked: string[];
  /** Adds an image that is as it says; its id. */
  add(bytes: Uint8Array, shown?: Record<string, unknown>): ScriptedImage;
  /** Called before each answer: a status to give in its place, or a number of bytes after which the line breaks. */
  trouble: (
    request: IncomingMessage,
  ) => { readonly status?: number; readonly breakAfter?: number } | undefined;
  /** Whether the store of Glance can begin in the middle. */
  ranges: boolean;
  /** Pause after each 256 KiB of data, in milliseconds. */
  paceMs: number;
  /** What every answer about data waits for. */
  hold: Promise<void>;
  /** Forgets images, trouble and what was asked. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts one. */
export async function startScriptedGlance(): Promise<ScriptedGlance> {
  const server = createServer(async (request, response) => {
    if (request.url?.endsWith('/file')) await glance.hold;
    answer(glance, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const glance: ScriptedGlance = {
    url: `http://127.0.0.1:${address.port}`,
    images: new Map(),
    asked: [],
    add(bytes, shown = {}) {
      const data = Buffer.from(bytes);
      const image = {
        id: randomUUID(),
        bytes: data,
        shown: {
          status: 'active',
          size: data.length,
          checksum: createHash('md5').update(data).digest('hex'),
          os_hash_algo: 'sha512',
          os_hash_value: createHash('sha512').update(data).digest('hex'),
          ...shown,
        },
      };
      glance.images.set(image.id, image);
      return image;
    },
    trouble: () => undefined,
    ranges: true,
    paceMs: 0,
    hold: Promise.resolve(),
    reset() {
      glance.images.clear();
      glance.asked.splice(0);
      Object.assign(glance, { trouble: () => undefined, ranges: true, paceMs: 0, hold: Promise.resolve() });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return glance;
}

interface Scripted {
  readonly status: number;
  readonly body: unknown;
}

function answer(glance: ScriptedGlance, request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', glance.url);
  const { range } = request.headers;
  glance.asked.push(`${request.method} ${pathname}${range === undefined ? '' : ` ${range}`}`);
  const trouble = glance.trouble(request);
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const bytes = trouble?.status === undefined ? dataOf(glance, pathname, start) : undefined;
  if (bytes === undefined) {
    const { status, body } =
      trouble?.status === undefined
        ? documentOf(glance, request, start)
        : { status: trouble.status, body: {} };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
    return;
  }
  response.writeHead(start > 0 ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'content-length': bytes.length,
  });
  if (trouble?.breakAfter === undefined) Readable.from(slowly(bytes, glance.paceMs)).pipe(response);
  else response.write(bytes.subarray(0, trouble.breakAfter), () => response.destroy());
}

async function* slowly(bytes: Buffer, paceMs: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 262_144) {
    yield bytes.subarray(at, at + 262_144);
    if (paceMs > 0) await pause(paceMs);
  }
}

const placeOf = (path: string): readonly (string | undefined)[] =>
  /^\/v2\/images(?:\/([^/]+)(\/file)?)?$/.exec(path) ?? [];

function dataOf(glance: ScriptedGlance, path: string, start: number): Buffer | undefined {
  const [, id, file] = placeOf(path);
  if (file === undefined || (start > 0 && !glance.ranges)) return undefined;
  return glance.images.get(id ?? '')?.bytes.subarray(start);
}

function documentOf(glance: ScriptedGlance, request: IncomingMessage, start: number): Scripted {
  const { pathname, searchParams } = new URL(request.url ?? '/', glance.url);
  const [, id] = placeOf(pathname);
  if (start > 0) return { status: 400, body: { message: 'this store cannot begin in the middle' } };
  if (id === undefined) {
    const found = [...glance.images.values()].filter(({ shown }) =>
      [...searchParams].every(([name, value]) => shown[name] === value),
    );
    return { status: 200, body: { images: found.map((image) => ({ id: image.id, ...image.shown })) } };
  }
  const image = glance.images.get(id);
  if (image === undefined) return { status: 404, body: { message: `No image found with ID ${id}` } };
  return { status: 200, body: { id, ...image.shown } };
}
