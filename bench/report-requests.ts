import { Agent, request as httpRequest } from 'node:http';

/** A request that was sent once, and what came of it. */
export interface SentRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly body: string | undefined;
  readonly status: number;
}

interface ReplayOptions {
  /** `http://127.0.0.1:8778` */
  readonly url: string;
  readonly connections: number;
  /** Applied to targets and bodies: another tree of the same shape. */
  readonly rename: (text: string) => string;
}

/**
 * Sends the same requests in the same order with nothing but Node's own HTTP, so many at once. One waits for the one
 * before that is about the same provider, and all about providers for the traits and classes that they name.
 *
 * @throws Error when an answer has another status than the first time
 */
export async function replay(requests: readonly SentRequest[], options: ReplayOptions): Promise<void> {
  const { connections, rename } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const queue = requests.values();
  const lastOf = new Map<string, Promise<unknown>>();
  const names: Promise<unknown>[] = [];
  const work = async () => {
    for (const sent of queue) {
      const key = /^\/resource_providers\/([^/?]+)/.exec(sent.target)?.[1] ?? uuidIn(sent.body);
      const before = key === undefined ? [] : [lastOf.get(key), ...(isWrite(sent) ? names : [])];
      const answer = Promise.all(before).then(() => send(agent, options.url, renamed(sent, rename)));
      if (key !== undefined) lastOf.set(key, answer);
      else if (isWrite(sent)) names.push(answer);
      const status = await answer;
      if (status !== sent.status)
        throw new Error(`${sent.method} ${sent.target} answered ${status}, not ${sent.status} as before`);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  agent.destroy();
}

const isWrite = ({ method }: SentRequest) => method !== 'GET';
const uuidIn = (body = '') => /"uuid":"([^"]+)"/.exec(body)?.[1];

function renamed(sent: SentRequest, rename: (text: string) => string): SentRequest {
  const { target, body } = sent;
  return { ...sent, target: rename(target), body: body === undefined ? undefined : rename(body) };
}

const headers = { 'x-auth-token': 'admin', 'openstack-api-version': 'placement 1.39' };

function send(agent: Agent, url: string, { method, target, body }: SentRequest): Promise<number> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url + target, {
      method,
      agent,
      headers: { ...headers, ...type, ...length },
    });
    outgoing.on('error', reject).on('response', (answer) => {
      answer
        .on('error', reject)
        .on('end', () => resolve(answer.statusCode ?? 0))
        .resume();
    });
    outgoing.end(body);
  });
}
