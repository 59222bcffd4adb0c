import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the server has seen. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The client's port: the same for two requests on one connection. */
  readonly port: number;
}

/**
 * An answer; `reset` breaks the connection instead, `never` leaves the request without one, `cut` breaks it in the
 * middle of the body, `stall` stops there.
 */
export type Script =
  | {
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: unknown;
      readonly trouble?: 'cut' | 'stall';
    }
  | 'reset'
  | 'never';

/** An HTTP server on loopback that answers as it is told. */
export interface ScriptedServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

/** Starts a server; `answer` gets each request and its number, from 0. */
export async function startScriptedServer(
  answer: (request: SeenRequest, index: number) => Script,
): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers, socket } = request;
    const record = { method, url, headers, body, port: socket.remotePort ?? 0 };
    const index = seen.push(record) - 1;
    const script = answer(record, index);
    if (script === 'reset') return socket.resetAndDestroy();
    if (script !== 'never') send(script, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${portOf(server)}`, seen, close: () => closeServer(server) };
}

function send(script: Exclude<Script, string>, response: ServerResponse): void {
  const isText = typeof script.body === 'string' || script.body === undefined;
  const text = isText ? String(script.body ?? '') : JSON.stringify(script.body);
  const headers = { ...(!isText && { 'content-type': 'application/json' }), ...script.headers };
  if (script.trouble === undefined) {
    response.writeHead(script.status, headers);
    response.end(text);
    return;
  }
  response.writeHead(script.status, { ...headers, 'content-length': String(text.length) });
  response.write(text.slice(0, text.length / 2), () => {
    if (script.trouble === 'cut') response.destroy();
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
