import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { AuthProvider } from '@cyborgjs/openstack-session';
import { UsageError } from './usage-error.ts';

/** What the command line may say about the connection. */
export interface ConnectionFlags {
  readonly endpoint?: string;
  readonly token?: string;
  readonly tokenFile?: string;
}

/** Where to connect and as whom. */
export interface Connection {
  readonly endpoint: URL;
  /** Undefined when none is to be had; a service with `auth: none` wants none. */
  readonly token: string | undefined;
  /** Where the token came from or was looked for, for messages. */
  readonly tokenSource: string;
  /** What gets tokens, where somebody else gives them out: a cloud's Keystone. */
  readonly auth?: AuthProvider;
}

type TokenOf = Pick<Connection, 'token' | 'tokenSource'>;

const defaultEndpoint = 'http://127.0.0.1:6666';
const loopback = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Settles the connection: flags win over the environment, which wins over the defaults. The token that a service on
 * this machine wrote into its state directory is used for this machine only.
 *
 * @throws UsageError when the endpoint is no URL or a token file cannot be used
 */
export function findConnection(flags: ConnectionFlags, environment: NodeJS.ProcessEnv): Connection {
  const endpoint = readEndpoint(flags.endpoint ?? said(environment.CYBORG_ENDPOINT) ?? defaultEndpoint);
  return { endpoint, ...findToken(flags, environment, endpoint) };
}

/** Reads an address of the service; throws UsageError when it is none. */
export function readEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.host !== '') return url;
  const guess = text.replace(/^\w+:\/\//, '');
  throw new UsageError(`endpoint "${text}" is not a URL of a service; did you mean http://${guess} ?`);
}

function findToken(flags: ConnectionFlags, environment: NodeJS.ProcessEnv, endpoint: URL): TokenOf {
  if (flags.token !== undefined) return { token: checkToken(flags.token, '--token'), tokenSource: '--token' };
  if (flags.tokenFile !== undefined) return tokenIn(flags.tokenFile, '--token-file');
  const token = said(environment.CYBORG_TOKEN);
  if (token !== undefined) return { token: checkToken(token, 'CYBORG_TOKEN'), tokenSource: 'CYBORG_TOKEN' };
  const file = said(environment.CYBORG_TOKEN_FILE);
  if (file !== undefined) return tokenIn(file, 'CYBORG_TOKEN_FILE');
  if (!loopback.has(endpoint.hostname)) return { token: undefined, tokenSource: 'none was given' };
  const stateDir = said(environment.CYBORG_STATE_DIR) ?? join(homedir(), '.local', 'state', 'cyborg');
  return tokenOfLocalService(join(stateDir, 'token'));
}

function tokenIn(path: string, saidBy: string): TokenOf {
  const token = readToken(path, saidBy);
  if (token === undefined)
    throw new UsageError(`token file ${path} (${saidBy}) does not exist; name the file that holds the token`);
  return { token, tokenSource: `${saidBy} ${path}` };
}

/** The token that the service wrote at its first start; absent when none runs here or it asks for none. */
function tokenOfLocalService(path: string): TokenOf {
  const token = readToken(path, 'written by the service on this machine');
  return { token, tokenSource: token === undefined ? `none was given, and there is no ${path}` : path };
}

/** The token in a file, or undefined when there is no file. */
function readToken(path: string, saidBy: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const denied = code === 'EACCES' || code === 'EPERM';
    const way = 'run as the user of the service, or give --token or another --token-file';
    throw new UsageError(
      `cannot read token file ${path} (${saidBy}): ${denied ? 'permission denied' : message}; ${way}`,
    );
  }
  return checkToken(text.trim(), `${path}, ${saidBy}`);
}

/** A token goes into a header: one word of visible ASCII. */
function checkToken(token: string, saidBy: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const fault = token === '' ? 'is empty' : 'is not one word of visible ASCII characters';
  throw new UsageError(`the token (${saidBy}) ${fault}`);
}

/** Shells make it easy to set a variable to nothing; that says nothing. */
export const said = (value: string | undefined): string | undefined => (value === '' ? undefined : value);
