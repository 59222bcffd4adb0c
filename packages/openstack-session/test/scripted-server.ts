import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
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

/** An answer; `reset` breaks the connection instead, `never` leaves the request without one. */
export type Script =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
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
    if (script === 'reset') return socket.destroy();
    if (script === 'never') return;
    const isText = typeof script.body === 'string' || script.body === undefined;
    response.writeHead(script.status, {
      ...(!isText && { 'content-type': 'application/json' }),
      ...script.headers,
    });
    response.end(isText ? script.body : JSON.stringify(script.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${portOf(server)}`, seen, close: () => closeServer(server) };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
