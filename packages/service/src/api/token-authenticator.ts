import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { CyborgError } from '@cyborgjs/core';
import type { Authenticator, Identity } from './authenticator.ts';

/** A token that is let in; the token itself is nowhere kept, only its hash. */
export interface StaticToken {
  /** Who holds it; goes into records as the asker. */
  readonly name: string;
  /** SHA-256 of the token, hexadecimal; `hashToken` makes it. */
  readonly sha256: string;
  /** Roles without the implied ones. */
  readonly roles: readonly string[];
  readonly project: string;
}

/** Keystone's own chain of implied roles. */
const implied: Readonly<Record<string, readonly string[]>> = {
  admin: ['admin', 'manager', 'member', 'reader'],
  manager: ['manager', 'member', 'reader'],
  member: ['member', 'reader'],
};

/** The hash under which a token is known: SHA-256, lower-case hexadecimal. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

/**
 * Lets in the holders of fixed tokens, sent as `X-Auth-Token` or `Authorization: Bearer`. An `X-Service-Token`, where
 * there is one, must be a known token with the role `service`.
 */
export function createTokenAuthenticator(tokens: readonly StaticToken[]): Authenticator {
  const known = tokens.map((token) => ({
    hash: Buffer.from(token.sha256, 'hex'),
    name: token.name,
    project: token.project,
    roles: [...new Set(token.roles.flatMap((role) => implied[role] ?? [role]))],
  }));

  /** Compares with every hash, in a time that does not depend on how much of it is right. */
  function holderOf(token: string): (typeof known)[number] | undefined {
    const hash = Buffer.from(hashToken(token), 'hex');
    return known.filter((one) => timingSafeEqual(one.hash, hash))[0];
  }

  return {
    challenge: 'Bearer realm="cyborg"',
    async authenticate(headers): Promise<Identity> {
      const token = tokenIn(headers);
      if (token === undefined) throw refusal('no token: send X-Auth-Token or Authorization: Bearer');
      const user = holderOf(token);
      if (user === undefined) throw refusal('the token is not known');
      const serviceToken = headers['x-service-token'];
      const vouching = serviceToken === undefined ? undefined : holderOf(String(serviceToken));
      if (serviceToken !== undefined && !vouching?.roles.includes('service')) {
        throw refusal('the service token is not known or has no role "service"');
      }
      return {
        userId: user.name,
        projectId: user.project,
        roles: user.roles,
        service: vouching !== undefined,
        serviceUserId: vouching?.name ?? null,
      };
    },
  };
}

function tokenIn(headers: IncomingHttpHeaders): string | undefined {
  const own = headers['x-auth-token'];
  if (own !== undefined) return String(own);
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

function refusal(message: string): CyborgError {
  return new CyborgError('auth.required', message);
}
