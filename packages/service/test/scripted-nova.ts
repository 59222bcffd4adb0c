import { createServer } from 'node:http';
import { createSession, defaultRetryPolicy, noAuth } from '@cyborgjs/openstack-session';
import { createNova, type Nova } from '../src/conductor/nova.ts';

/** One external event, as it goes over the wire. */
export interface SentEvent {
  readonly name: string;
  readonly server_uuid: string;
  readonly tag: string;
  readonly status: string;
}

/** A Nova of which only the outside is there: it notes events, and answers as it is told. */
export interface ScriptedNova {
  readonly url: string;
  readonly nova: Nova;
  /** Events that were taken, by call. */
  readonly calls: SentEvent[][];
  /** Ids of servers that it knows. */
  readonly servers: Set<string>;
  /** The code of each event, or the status of the whole answer. */
  answer: { readonly code: number } | { readonly status: number };
  close(): Promise<void>;
}

/** Starts one; it answers every event with 422, as Nova does while a server has no host yet. */
export async function startScriptedNova(): Promise<ScriptedNova> {
  const calls: SentEvent[][] = [];
  const servers = new Set<string>();
  const server = createServer(async (request, response) => {
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const [, id] = /^\/servers\/(.+)$/.exec(request.url ?? '') ?? [];
    if (id !== undefined) return reply(servers.has(id) ? 200 : 404, {});
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { answer } = scripted;
    if ('status' in answer) return reply(answer.status, { error: { message: 'as told' } });
    const { events } = JSON.parse(Buffer.concat(chunks).toString()) as { events: SentEvent[] };
    calls.push(events);
    reply(answer.code === 200 ? 200 : 207, {
      events: events.map((event) => ({ ...event, code: answer.code })),
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const session = createSession({
    auth: noAuth({ endpoint: `http://127.0.0.1:${address.port}` }),
    retry: { ...defaultRetryPolicy, retries: 0 },
  });
  const scripted: ScriptedNova = {
    url: `http://127.0.0.1:${address.port}`,
    nova: createNova(session),
    calls,
    servers,
    answer: { code: 422 },
    async close() {
      await session.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return scripted;
}
