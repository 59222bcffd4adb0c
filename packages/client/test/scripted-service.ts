import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Device, Host, HostDriver, Operation } from '@cyborgjs/core';

/** A request as the service saw it. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** Parsed JSON, or bytes as text; undefined when nothing was sent. */
  readonly body: unknown;
}

export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, anything else as JSON; undefined leaves the caller without an answer. */
  readonly body: unknown;
}

/** What the service holds. */
export interface ScriptedWorld {
  readonly hosts?: readonly Host[];
  readonly drivers?: readonly HostDriver[];
  readonly devices?: readonly Device[];
  /** Each operation as successive looks find it; the last look is repeated. */
  readonly operations?: readonly (readonly Operation[])[];
  /** Answers that go before all others: by method and path, `POST /v3/devices/…/ready`. */
  readonly answers?: Readonly<
    Record<string, ScriptedAnswer | ((count: number) => ScriptedAnswer | undefined)>
  >;
  /** Largest page, whatever the caller asks for. */
  readonly pageSize?: number;
}

export interface ScriptedService {
  readonly endpoint: string;
  readonly seen: readonly SeenRequest[];
  /** Resolves when a request for this method and path has come in. */
  requested(line: string): Promise<void>;
  close(): Promise<void>;
}

/** A real HTTP server on a free port that answers as `/v3` does, from a script. */
export async function startScriptedService(world: ScriptedWorld = {}): Promise<ScriptedService> {
  const seen: SeenRequest[] = [];
  const counts = new Map<string, number>();
  const waiting: { readonly line: string; readonly resolve: () => void }[] = [];
  const server = createServer(async (request, response) => {
    const sent = await text(request);
    const url = new URL(request.url ?? '/', 'http://service');
    const line = `${request.method} ${url.pathname}`;
    const count = counts.get(line) ?? 0;
    counts.set(line, count + 1);
    seen.push({
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: sent === '' ? undefined : isJson(request) ? JSON.parse(sent) : sent,
    });
    for (const one of waiting) if (one.line === line) one.resolve();
    send(response, answerOf(world, { line, url, count }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    requested: (line) =>
      counts.has(line) ? Promise.resolve() : new Promise((resolve) => waiting.push({ line, resolve })),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const isJson = ({ headers }: IncomingMessage): boolean => headers['content-type'] === 'application/json';

/** A refusal as `/v3` words it. */
export function aProblem(
  status: number,
  code: string,
  { detail = 'it cannot be done', headers = {} }: { detail?: string; headers?: Record<string, string> } = {},
): ScriptedAnswer {
  const body = {
    type: `urn:cyborg:error:${code}`,
    title: 'Error',
    status,
    detail,
    code,
    requestId: 'req-77',
  };
  return { status, headers: { 'content-type': 'application/problem+json', ...headers }, body };
}

interface Question {
  readonly line: string;
  readonly url: URL;
  /** How often the same was asked before. */
  readonly count: number;
}

function answerOf(world: ScriptedWorld, question: Question): ScriptedAnswer {
  const scripted = world.answers?.[question.line];
  const answer = typeof scripted === 'function' ? scripted(question.count) : scripted;
  if (answer !== undefined) return answer;
  const [, method, noun = '', id] =
    /^(GET|POST) \/v3\/(hosts|drivers|devices|operations)(?:\/([^/]+))?$/.exec(question.line) ?? [];
  if (method !== 'GET') return aProblem(404, 'route.not_found', { detail: `no route ${question.line}` });
  const items = itemsOf(world, noun, question);
  if (id === undefined) return pageOf(world, items, question);
  const item = items.find((one) => keyOf(one) === decodeURIComponent(id));
  const name = noun.slice(0, -1);
  return item === undefined
    ? aProblem(404, `${name}.not_found`, { detail: `no ${name} "${id}"; list the ${noun}` })
    : { status: 200, body: item };
}

type Item = Host | HostDriver | Device | Operation;

function itemsOf(world: ScriptedWorld, noun: string, { url, count }: Question): readonly Item[] {
  if (noun === 'operations') {
    return (world.operations ?? []).flatMap((looks) => looks[Math.min(count, looks.length - 1)] ?? []);
  }
  const items: readonly Item[] = world[noun as 'hosts' | 'drivers' | 'devices'] ?? [];
  const conditions = [...url.searchParams].filter(([name]) => ['host', 'state', 'kind'].includes(name));
  return items.filter((item) =>
    conditions.every(([name, value]) => (item as unknown as Record<string, unknown>)[name] === value),
  );
}

function pageOf(world: ScriptedWorld, items: readonly Item[], { url }: Question): ScriptedAnswer {
  const size = Math.min(Number(url.searchParams.get('limit') ?? 100), world.pageSize ?? 100);
  const marker = url.searchParams.get('marker');
  const from = marker === null ? 0 : items.findIndex((item) => keyOf(item) === marker) + 1;
  const page = items.slice(from, from + size);
  const last = page.at(-1);
  const next = from + size < items.length && last !== undefined ? keyOf(last) : null;
  return { status: 200, body: { items: page, next } };
}

const keyOf = (item: Item): string => {
  if ('package' in item) return `${item.host}/${item.id}`;
  return 'id' in item ? item.id : item.name;
};

function send(response: ServerResponse, { status, headers, body }: ScriptedAnswer): void {
  if (body === undefined) return;
  const written = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(written);
}
