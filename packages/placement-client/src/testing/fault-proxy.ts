import type { RawAnswer, RawRequest } from './double/handle-request.ts';
import { type FaultyServer, startFaultyServer } from './faulty-server.ts';

/** Belong to one connection, or are made anew. */
const connectionHeaders = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'host',
]);

/** Starts a proxy before a server, with which the faults of a double can be had with the real thing. */
export function startFaultProxy(target: string): Promise<FaultyServer> {
  return startFaultyServer({ handle: (request) => forward(target, request) });
}

async function forward(target: string, { method, url, headers, body }: RawRequest): Promise<RawAnswer> {
  const kept = Object.entries(headers).filter(([name]) => !connectionHeaders.has(name));
  const answer = await fetch(target + url.pathname + url.search, {
    method,
    headers: kept.map(([name, value]): [string, string] => [name, String(value)]),
    body: body === '' ? null : body,
    redirect: 'manual',
  });
  const text = await answer.text();
  const back = [...answer.headers].filter(([name]) => !connectionHeaders.has(name));
  return { status: answer.status, headers: Object.fromEntries(back), body: text };
}
