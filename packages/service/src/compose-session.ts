import {
  type AuthProvider,
  createSession,
  keystonePassword,
  noAuth,
  type Session,
} from '@cyborgjs/openstack-session';
import type { OpenStackServiceConfig } from './config-schema.ts';
import { version } from './version.ts';

/** Calls to one other OpenStack service, as the configuration describes it; it connects when it is first used. */
export function composeSession({ auth, endpoint }: OpenStackServiceConfig, service: string): Session {
  return createSession({
    auth: authProvider(auth),
    ...(endpoint === null ? {} : { endpointOverrides: { [service]: endpoint } }),
    ...(auth.kind === 'password' ? { interface: auth.interface } : {}),
    ...(auth.kind === 'password' && auth.region !== null ? { region: auth.region } : {}),
    userAgent: `cyborgd/${version}`,
  });
}

/** Tokens for calls to another service. */
export function authProvider(auth: OpenStackServiceConfig['auth']): AuthProvider {
  if (auth.kind === 'none') return noAuth(auth);
  const { authUrl, username, password, userDomainName, projectName, projectDomainName } = auth;
  return keystonePassword({ authUrl, username, password, userDomainName, projectName, projectDomainName });
}
