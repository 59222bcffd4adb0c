import { z } from 'zod';
import type { AuthProvider } from './auth-provider.ts';
import { Catalog, findEndpoint } from './catalog.ts';
import { startDeadline } from './deadline.ts';
import { createHttp, type Http, type HttpOptions, placeOf } from './http.ts';
import { isOpenStackError, sessionError } from './openstack-error.ts';
import { readAnswer, type SessionResponse } from './read-answer.ts';
import { createTokenKeeper, type KeptToken } from './token-keeper.ts';

/** Who to be and where, for Keystone's v3 password method. Names need their domain; ids do not. */
export interface KeystonePasswordOptions extends HttpOptions {
  /** With or without `/v3` at its end. */
  readonly authUrl: string;
  readonly userId?: string;
  readonly username?: string;
  readonly password: string;
  readonly userDomainId?: string;
  readonly userDomainName?: string;
  readonly projectId?: string;
  readonly projectName?: string;
  readonly projectDomainId?: string;
  readonly projectDomainName?: string;
  /** How long before its end a token is renewed. Default 120 s, as keystoneauth does. */
  readonly renewBeforeMs?: number;
  /** For one renewal, retries included. Default 30 s. */
  readonly authTimeoutMs?: number;
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
}

const TokenBody = z.object({
  token: z.object({
    expires_at: z.iso.datetime({ offset: true }),
    issued_at: z.iso.datetime({ offset: true }),
    catalog: Catalog.default([]),
  }),
});

/**
 * Tokens by user and password. The lifetime of a token is `expires_at - issued_at`, both on Keystone's clock, run
 * off on ours: a host whose clock is wrong still renews in time.
 */
export function keystonePassword(options: KeystonePasswordOptions): AuthProvider {
  const { now = () => performance.now(), renewBeforeMs = 120_000 } = options;
  const http = createHttp(options);
  const keeper = createTokenKeeper({
    renew: () => authenticate(http, options, now),
    now,
    renewBeforeMs,
    renewPauseMs: 10_000,
  });
  return {
    headers: async (signal) => ({ 'x-auth-token': (await keeper.token(signal)).id }),
    invalidate: (rejected) => keeper.drop(rejected['x-auth-token'] ?? ''),
    endpoint: async (filter, signal) => findEndpoint((await keeper.token(signal)).facts, filter),
    close: () => http.close(),
  };
}

async function authenticate(
  http: Http,
  options: KeystonePasswordOptions,
  now: () => number,
): Promise<KeptToken<Catalog>> {
  const url = new URL(`${options.authUrl.replace(/\/+$/, '').replace(/\/v3$/, '')}/v3/auth/tokens`);
  const place = placeOf({ method: 'POST', url });
  const answer = await http.send({
    method: 'POST',
    url,
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(authRequest(options)),
    // Getting a token twice only leaves one unused.
    idempotent: true,
    deadline: startDeadline({ timeoutMs: options.authTimeoutMs ?? 30_000, now }),
  });
  return tokenOf(
    readTokenAnswer(() => readAnswer(answer, place), options),
    place,
  );
}

function readTokenAnswer(read: () => SessionResponse, options: KeystonePasswordOptions): SessionResponse {
  try {
    return read();
  } catch (error) {
    if (!isOpenStackError(error) || error.status !== 401) throw error;
    const who = options.username ?? options.userId;
    throw sessionError(
      'session.authentication_failed',
      `Keystone at ${options.authUrl} refused user "${who}": ${error.detail}. ` +
        'Check the user, its password and domain, and its role in the project.',
      { status: 401, cause: error },
    );
  }
}

function tokenOf(response: SessionResponse, place: string): KeptToken<Catalog> {
  const id = response.headers['x-subject-token'];
  const parsed = TokenBody.safeParse(response.body);
  if (id === undefined || !parsed.success)
    throw sessionError(
      'session.bad_answer',
      `${place} answered ${response.status}, but no token of Keystone v3: ` +
        `${parsed.error === undefined ? 'no X-Subject-Token' : z.prettifyError(parsed.error)}`,
      { status: response.status },
    );
  const { expires_at: expires, issued_at: issued, catalog } = parsed.data.token;
  return { id, lifetimeMs: Date.parse(expires) - Date.parse(issued), facts: catalog };
}

/** The body of `POST /v3/auth/tokens` (Identity API v3, "Password authentication with scoped authorization"). */
function authRequest(options: KeystonePasswordOptions): unknown {
  const { userId, username, password, projectId, projectName } = options;
  const userDomain = domainOf(options.userDomainId, options.userDomainName);
  const user = userId === undefined ? { name: username, domain: userDomain } : { id: userId };
  const projectDomain = domainOf(options.projectDomainId, options.projectDomainName);
  const project = projectId === undefined ? { name: projectName, domain: projectDomain } : { id: projectId };
  const isScoped = projectId !== undefined || projectName !== undefined;
  return {
    auth: {
      identity: { methods: ['password'], password: { user: { ...user, password } } },
      ...(isScoped && { scope: { project } }),
    },
  };
}

function domainOf(id: string | undefined, name: string | undefined) {
  if (id !== undefined) return { id };
  return name === undefined ? { id: 'default' } : { name };
}
