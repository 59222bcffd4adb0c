import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { RawAnswer, RawRequest } from './double/handle-request.ts';

/** A request that the server has had. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** With its `?`, or empty. */
  readonly query: string;
  readonly body: string;
  /** What was answered; undefined when the connection was broken or no answer has been given yet. */
  readonly status: number | undefined;
}

/** What can go wrong with a request. */
export type Fault =
  /** The connection breaks before anything is done. */
  | { readonly kind: 'drop-request' }
  /** It is done, and then the connection breaks. */
  | { readonly kind: 'drop-reply' }
  /** It is answered so, and not done. */
  | { readonly kind: 'answer'; readonly status: number; readonly body?: unknown; readonly headers?: Headers }
  /** It is done after a while. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** It is done, and the connection breaks half-way through the answer. */
  | { readonly kind: 'cut-answer' }
  /** It is done, and the body of the answer comes in four pieces, so long after each other. */
  | { readonly kind: 'slow-body'; readonly pauseMs: number }
  /** It is done, and the connection is closed once it is idle, though the answer promised to keep it open. */
  | { readonly kind: 'close-idle' };

type Headers = Readonly<Record<string, string>>;

/** Which requests: all members that are given must fit; a text is the whole path. */
export interface RequestMatch {
  readonly method?: string;
  readonly path?: string | RegExp;
}

/** Decides on a fault for a request; `index` counts all requests since the start or the last `reset`, from 0. */
export type Interceptor = (
  request: SeenRequest,
  index: number,
) => Fault | undefined | Promise<Fault | undefined>;

/** An HTTP server on loopback that notes its requests and makes trouble when told. */
export interface FaultyServer {
  readonly url: string;
  /** All requests since the start or the last `forget`. */
  readonly requests: readonly SeenRequest[];
  /** Answers the next request that fits with this status, without doing it. */
  failNext(
    answer: { readonly status: number; readonly body?: unknown; readonly headers?: Headers },
    match?: RequestMatch,
  ): void;
  /** Breaks the connection of the next request that fits, before it is done. */
  dropRequestNext(match?: RequestMatch): void;
  /** Does the next request that fits, and breaks the connection instead of answering. */
  dropReplyNext(match?: RequestMatch): void;
  /** Asks for every request; undefined takes the interceptor away. */
  intercept(interceptor: Interceptor | undefined): void;
  /** Forgets requests, faults and interceptor. */
  forget(): void;
  close(): Promise<void>;
}

interface FaultyServerOptions {
  readonly handle: (request: RawRequest) => RawAnswer | Promise<RawAnswer>;
  /** Default: any free one. */
  readonly port?: number | undefined;
}

/** Starts a server before a handler. */
export async function startFaultyServer({ handle, port = 0 }: FaultyServerOptions): Promise<FaultyServer> {
  const plan = createFaultPlan();
  const requests: Mutable<SeenRequest>[] = [];
  const server = createServer((incoming, response) => {
    serve({ incoming, response, handle, plan, requests }).catch((error) => response.destroy(error));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
    requests,
    failNext: (answer, match) => plan.add({ kind: 'answer', ...answer }, match),
    dropRequestNext: (match) => plan.add({ kind: 'drop-request' }, match),
    dropReplyNext: (match) => plan.add({ kind: 'drop-reply' }, match),
    intercept: plan.intercept,
    forget() {
      requests.length = 0;
      plan.clear();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Serving {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly handle: FaultyServerOptions['handle'];
  readonly plan: ReturnType<typeof createFaultPlan>;
  readonly requests: Mutable<SeenRequest>[];
}

async function serve({ incoming, response, handle, plan, requests }: Serving): Promise<void> {
  const raw = await readRequest(incoming);
  const { method, url, body } = raw;
  const seen = { method, path: url.pathname, query: url.search, body, status: undefined };
  const index = requests.push(seen) - 1;
  const fault = await plan.next(seen, index);
  if (fault?.kind === 'drop-request') return breakOff(incoming);
  if (fault?.kind === 'delay') await setTimeout(fault.ms);
  const answer = fault?.kind === 'answer' ? answerOf(fault) : await handle(raw);
  if (fault?.kind === 'drop-reply') return breakOff(incoming);
  if (fault?.kind !== 'cut-answer') Object.assign(seen, { status: answer.status });
  await send({ incoming, response, fault }, answer);
}

type Sending = Pick<Serving, 'incoming' | 'response'> & { readonly fault: Fault | undefined };

async function send({ incoming, response, fault }: Sending, answer: RawAnswer): Promise<void> {
  const { status, headers, body } = answer;
  // An answer without a body is cut before it.
  if (fault?.kind === 'cut-answer' && body === '') return breakOff(incoming);
  const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...headers, ...length });
  if (fault?.kind === 'cut-answer') {
    response.flushHeaders();
    response.write(body.slice(0, body.length / 2), () => breakOff(incoming));
    return;
  }
  if (fault?.kind === 'slow-body') {
    response.flushHeaders();
    for (const piece of piecesOf(body, 4)) {
      await setTimeout(fault.pauseMs);
      response.write(piece);
    }
  }
  response.end(fault?.kind === 'slow-body' ? '' : body);
  if (fault?.kind === 'close-idle') response.once('finish', () => incoming.socket.end());
}

function piecesOf(text: string, count: number): string[] {
  const length = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, index) => text.slice(index * length, (index + 1) * length));
}

function breakOff({ socket }: IncomingMessage): void {
  socket.destroy();
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function createFaultPlan() {
  let planned: { readonly fault: Fault; readonly match: RequestMatch }[] = [];
  let interceptor: Interceptor | undefined;
  return {
    add(fault: Fault, match: RequestMatch = {}) {
      planned.push({ fault, match });
    },
    intercept(next: Interceptor | undefined) {
      interceptor = next;
    },
    clear() {
      planned = [];
      interceptor = undefined;
    },
    async next(request: SeenRequest, index: number): Promise<Fault | undefined> {
      const first = planned.find(({ match }) => fits(request, match));
      if (first === undefined) return interceptor?.(request, index);
      planned = planned.filter((entry) => entry !== first);
      return first.fault;
    },
  };
}

function fits({ method, path }: SeenRequest, match: RequestMatch): boolean {
  if (match.method !== undefined && match.method !== method) return false;
  if (match.path === undefined) return true;
  return typeof match.path === 'string' ? match.path === path : match.path.test(path);
}

async function readRequest(incoming: IncomingMessage): Promise<RawRequest> {
  let body = '';
  for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
  const { method = 'GET', url = '/', headers } = incoming;
  return { method, url: new URL(url, 'http://127.0.0.1'), headers, body };
}

function answerOf({ status, body, headers }: Extract<Fault, { kind: 'answer' }>): RawAnswer {
  if (typeof body === 'string' || body === undefined)
    return { status, headers: headers ?? {}, body: body ?? '' };
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
