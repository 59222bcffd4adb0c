import { sessionError } from '../errors/openstack-error.ts';
import { createHttp, type HttpOptions } from '../http/http.ts';
import type { AuthProvider } from './auth-provider.ts';
import { findEndpoint } from './catalog.ts';
import { type KeystoneMethod, requestToken, type TokenFacts, tokenEnded } from './request-token.ts';
import { createTokenKeeper, type KeptToken } from './token-keeper.ts';

/** How Keystone is talked to. */
export interface KeystoneOptions extends HttpOptions {
  /** With or without `/v3` at its end. */
  readonly authUrl: string;
  /** How long before its end a token is renewed. Default 120 s, as keystoneauth does. */
  readonly renewBeforeMs?: number;
  /** For one renewal, retries included. Default 30 s. */
  readonly authTimeoutMs?: number;
}

/**
 * Tokens of Keystone v3 by one method. The lifetime of a token is `expires_at - issued_at`, both on Keystone's
 * clock, run off on ours: a host whose clock is wrong still renews in time.
 *
 * @throws OpenStackError `session.bad_options` when `authUrl` is no address
 */
export function createKeystoneProvider(options: KeystoneOptions, method: KeystoneMethod): AuthProvider {
  const { now = () => performance.now(), wallClock = Date.now, authTimeoutMs: timeoutMs = 30_000 } = options;
  const url = tokensUrl(options.authUrl);
  const http = createHttp(options);
  let endsAt = Number.POSITIVE_INFINITY;

  async function renew(): Promise<KeptToken<TokenFacts>> {
    if (!method.isRenewable && now() >= endsAt) throw tokenEnded(method);
    const askedAt = now();
    const token = await requestToken({ http, url, method, timeoutMs, now, wallClock });
    endsAt = askedAt + token.lifetimeMs;
    return token;
  }

  const keeper = createTokenKeeper({
    renew,
    now,
    // What cannot be renewed is used to its very end.
    renewBeforeMs: method.isRenewable ? (options.renewBeforeMs ?? 120_000) : 0,
    renewPauseMs: 10_000,
  });
  return {
    headers: async (signal) => ({ 'x-auth-token': (await keeper.token(signal)).id }),
    invalidate: (rejected) => keeper.drop(rejected['x-auth-token'] ?? ''),
    endpoint: async (filter, signal) => {
      const { catalog } = (await keeper.token(signal)).facts;
      if (catalog.length === 0) throw withoutCatalog(filter.type, method);
      return findEndpoint(catalog, filter);
    },
    identity: async (signal) => (await keeper.token(signal)).facts.identity,
    close: () => http.close(),
  };
}

function withoutCatalog(type: string, { who }: KeystoneMethod) {
  return sessionError(
    'session.endpoint_not_found',
    `no endpoint of type "${type}": ${who} got a token without a catalog, as one without a scope is; ` +
      `name a project, or set an endpoint override for "${type}"`,
  );
}

function tokensUrl(authUrl: string): URL {
  const url = URL.parse(`${authUrl.replace(/\/+$/, '').replace(/\/v3$/, '')}/v3/auth/tokens`);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw sessionError(
    'session.bad_options',
    `authUrl "${authUrl}" is no http address; give it as http://controller:5000/v3`,
  );
}
