import type { Authenticator } from './api/authenticator.ts';
import { createOpenAuthenticator } from './api/open-authenticator.ts';
import { createTokenAuthenticator, hashToken } from './api/token-authenticator.ts';
import type { Config } from './config-schema.ts';
import { embeddedToken } from './embedded-token.ts';
import type { Ports } from './ports.ts';

/** The authenticator that the configuration names, and the file of the token made for it. */
export function composeAuthenticator(
  config: Config,
  ports: Pick<Ports, 'randomBytes'>,
): { readonly authenticator: Authenticator; readonly tokenFile: string | null } {
  const { auth } = config.api;
  if (auth.kind === 'none') return { authenticator: createOpenAuthenticator(), tokenFile: null };
  const own = embeddedToken(config.stateDir, ports.randomBytes);
  const administrator = {
    name: 'admin',
    sha256: hashToken(own.token),
    roles: ['admin', 'service'],
    project: 'default',
  };
  return { authenticator: createTokenAuthenticator([administrator, ...auth.tokens]), tokenFile: own.file };
}
