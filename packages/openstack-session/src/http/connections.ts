import type { Socket } from 'node:net';
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent, errors } from 'undici';
import { type Proxies, proxiesFrom } from './proxies.ts';

/** TLS settings of the connections, in PEM. */
export interface TlsOptions {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Default true; false accepts every certificate. */
  readonly rejectUnauthorized?: boolean;
}

/** How connections are made; everything has a default. */
export interface ConnectionOptions {
  /** Connections per origin; each carries one request at a time. Default 4. */
  readonly connections?: number;
  /** Longest wait for the headers, and between two pieces of the body, of one attempt. Default 20 s. */
  readonly attemptTimeoutMs?: number;
  readonly tls?: TlsOptions;
  /** Default: those of the environment; `{}` for none. Loopback is always called directly. */
  readonly proxies?: Proxies;
  /** Another undici dispatcher (a test's, one with other limits), which the caller then closes. */
  readonly dispatcher?: Dispatcher;
}

/** Kept-alive connections. */
export interface Connections {
  readonly dispatcher: Dispatcher;
  /** Whether a request failed on a connection that had already carried an answer. */
  wasReused(failure: unknown): boolean;
  /** Waits for what is under way and closes them; not those of a dispatcher that was given. */
  close(): Promise<void>;
}

// uWSGI and most WSGI servers drop an idle connection after 5 s or more; a socket that we drop first is never
// reused while the server is closing it.
const keepAliveMs = 4_000;

/** A pool of connections, through proxies where the options or the environment name some. */
export function createConnections(options: ConnectionOptions): Connections {
  const resets = new WeakSet<Error>();
  const own = options.dispatcher === undefined ? createDispatcher(options, resets) : undefined;
  return {
    dispatcher: options.dispatcher ?? (own as Dispatcher),
    wasReused: (failure) =>
      failure instanceof Error &&
      (resets.has(failure) ||
        (failure instanceof errors.SocketError && (failure.socket?.bytesRead ?? 0) > 0)),
    close: async () => own?.close(),
  };
}

function createDispatcher(options: ConnectionOptions, resets: WeakSet<Error>): Dispatcher {
  const { connections = 4, attemptTimeoutMs = 20_000, tls = {} } = options;
  const agentOptions = {
    connections,
    // One outstanding request per connection: uWSGI answers the first of a pipeline and closes.
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    connect: createConnector({ timeout: Math.min(attemptTimeoutMs, 10_000), allowH2: false, ...tls }, resets),
  };
  const { http = '', https = '', except } = options.proxies ?? proxiesFrom(process.env);
  if (http === '' && https === '') return new Agent(agentOptions);
  const noProxy = ['localhost', '127.0.0.1', '::1', ...(except === undefined ? [] : [except])].join(',');
  const tlsOptions = { requestTls: { ...tls }, proxyTls: { ...tls } };
  return new EnvHttpProxyAgent({
    ...agentOptions,
    ...tlsOptions,
    httpProxy: http,
    httpsProxy: https,
    noProxy,
  });
}

/** Connects as undici does, and notes the resets of sockets that had already received something. */
function createConnector(
  options: buildConnector.BuildOptions,
  resets: WeakSet<Error>,
): buildConnector.connector {
  const connect = buildConnector(options);
  return (target, callback) =>
    connect(target, (...outcome) => {
      if (outcome[1]) noteResets(outcome[1], resets);
      callback(...outcome);
    });
}

function noteResets(socket: Socket, resets: WeakSet<Error>): void {
  const { bytesRead } = socket;
  // Before undici's own listener, which fails the request with this very error.
  socket.prependListener('error', (error) => {
    if (socket.bytesRead > bytesRead) resets.add(error);
  });
}
