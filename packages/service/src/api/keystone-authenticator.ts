import type { IncomingHttpHeaders } from 'node:http';
import { CyborgError } from '@cyborgjs/core';
import { isOpenStackError, type Session } from '@cyborgjs/openstack-session';
import { z } from 'zod';
import type { Authenticator, Identity } from './authenticator.ts';
import { createTokenCache, type TokenCache } from './token-cache.ts';

/** How tokens are judged. */
export interface KeystoneAuthenticatorSettings {
  /** Where clients get tokens; told to those who come without. */
  readonly wwwAuthenticateUri: string;
  /** How long a token is believed without asking Keystone again: a revoked one works on for that long. */
  readonly cacheTtlMs: number;
  /** Most tokens that are remembered. */
  readonly cacheEntries: number;
  /** A service token needs one of these. */
  readonly serviceTokenRoles: readonly string[];
  /** Whether a service token without such a role is refused, instead of not counting. */
  readonly serviceTokenRolesRequired: boolean;
}

interface KeystoneAuthenticatorComponents {
  /** As a user that may validate the tokens of others. */
  readonly session: Session;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The part of Keystone's answer that is read (API reference, "Validate and show information for token"). */
const ValidatedToken = z.object({
  token: z.object({
    expires_at: z.string(),
    user: z.object({ id: z.string() }),
    project: z.object({ id: z.string() }).optional(),
    roles: z.array(z.object({ name: z.string() })).default([]),
  }),
});

/** Null: Keystone does not know the token, or not any more. */
type Holder = Omit<Identity, 'service' | 'serviceUserId'> | null;

/** While Keystone is away, it is asked again about a token that is known at most this often. */
const outagePauseMs = 5_000;
/** How long a token that Keystone does not know is refused without asking again. */
const refusalTtlMs = 30_000;
const validationTimeoutMs = 15_000;

/**
 * Lets in whom Keystone knows. While Keystone is away, tokens that were validated before work until they expire, and
 * others are answered with `auth.unavailable`. A service token lets a user token pass that has expired meanwhile: long
 * work of a service does not fail half way.
 */
export function createKeystoneAuthenticator(
  components: KeystoneAuthenticatorComponents,
  settings: KeystoneAuthenticatorSettings,
): Authenticator {
  const tokens = holders(components, settings, { allowExpired: false });
  const evenExpired = holders(components, settings, { allowExpired: true });

  /** The service that vouches with a token; null for none. */
  async function serviceOf(token: string | undefined): Promise<string | null> {
    if (token === undefined) return null;
    const holder = await tokens.get(token);
    if (holder === null) throw refusal('the service token is not valid');
    const hasRole = holder.roles.some((role) => settings.serviceTokenRoles.includes(role));
    if (hasRole) return holder.userId;
    if (!settings.serviceTokenRolesRequired) return null;
    throw refusal(`the service token has none of the roles ${settings.serviceTokenRoles.join(', ')}`);
  }

  return {
    challenge: `Keystone uri="${settings.wwwAuthenticateUri}"`,
    async authenticate(headers): Promise<Identity> {
      const token = headerOf(headers, 'x-auth-token');
      if (token === undefined) throw refusal('no token: send X-Auth-Token');
      const serviceUserId = await serviceOf(headerOf(headers, 'x-service-token'));
      const service = serviceUserId !== null;
      const holder = await (service ? evenExpired : tokens).get(token);
      if (holder === null) throw refusal('the token is not valid');
      return { ...holder, service, serviceUserId };
    },
  };
}

function holders(
  { session, now }: KeystoneAuthenticatorComponents,
  { cacheTtlMs, cacheEntries }: KeystoneAuthenticatorSettings,
  { allowExpired }: { readonly allowExpired: boolean },
): TokenCache<Holder> {
  return createTokenCache<Holder>({
    maxEntries: cacheEntries,
    now,
    outagePauseMs,
    isOutage,
    async ask(subject) {
      const answer = await validate(session, subject, allowExpired);
      if (answer === null) {
        const until = now() + Math.min(refusalTtlMs, cacheTtlMs);
        return { facts: null, freshUntil: until, usableUntil: until };
      }
      const { user, project, roles, expires_at } = answer.token;
      const facts = {
        userId: user.id,
        projectId: project?.id ?? null,
        roles: roles.map(({ name }) => name.toLowerCase()),
      };
      const freshUntil = now() + cacheTtlMs;
      const usableUntil = allowExpired
        ? Math.max(Date.parse(expires_at), freshUntil)
        : Date.parse(expires_at);
      return { facts, freshUntil, usableUntil };
    },
  });
}

/** Null when Keystone does not know the token. */
async function validate(session: Session, subject: string, allowExpired: boolean) {
  try {
    const { body } = await session.request({
      service: 'identity',
      method: 'GET',
      path: '/auth/tokens',
      query: { nocatalog: '1', allow_expired: allowExpired ? '1' : undefined },
      headers: { 'x-subject-token': subject },
      timeoutMs: validationTimeoutMs,
    });
    return ValidatedToken.parse(body);
  } catch (error) {
    if (isOpenStackError(error) && (error.status === 404 || error.status === 400)) return null;
    const text = error instanceof Error ? error.message : String(error);
    throw new CyborgError('auth.unavailable', `Keystone cannot be asked about the token: ${text}`, {
      cause: error,
    });
  }
}

const isOutage = (error: unknown): boolean =>
  error instanceof CyborgError && error.code === 'auth.unavailable';

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = [headers[name]].flat()[0]?.trim();
  return value === '' ? undefined : value;
}

function refusal(message: string): CyborgError {
  return new CyborgError('auth.required', message);
}
