import type { Authenticator } from './api/authenticator.ts';
import { createKeystoneAuthenticator } from './api/keystone-authenticator.ts';
import { createOpenAuthenticator } from './api/open-authenticator.ts';
import { createTokenAuthenticator, hashToken } from './api/token-authenticator.ts';
import { composeSession } from './compose-session.ts';
import type { Config } from './config-schema.ts';
import { embeddedToken } from './embedded-token.ts';
import type { Ports } from './ports.ts';

/** The authenticator that the configuration names, and the file of the token made for it. */
export function composeAuthenticator(
  config: Config,
  ports: Pick<Ports, 'randomBytes' | 'now'>,
): { readonly authenticator: Authenticator; readonly tokenFile: string | null } {
  const { auth } = config.api;
  if (auth.kind === 'keystone') return { authenticator: keystoneAuthenticator(auth, ports), tokenFile: null };
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

type KeystoneConfig = Extract<Config['api']['auth'], { kind: 'keystone' }>;

function keystoneAuthenticator(config: KeystoneConfig, { now }: Pick<Ports, 'now'>): Authenticator {
  const identity = `${config.authUrl.replace(/\/+$/, '').replace(/\/v3$/, '')}/v3`;
  const auth = { ...config, kind: 'password', region: null, interface: 'internal' } as const;
  const session = composeSession({ auth, endpoint: identity }, 'identity');
  const wwwAuthenticateUri = config.wwwAuthenticateUri ?? config.authUrl;
  return createKeystoneAuthenticator({ session, now }, { ...config, wwwAuthenticateUri });
}
