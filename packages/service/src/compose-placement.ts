import { type AuthProvider, createSession, keystonePassword, noAuth } from '@cyborgjs/openstack-session';
import { createPlacement, type Placement } from '@cyborgjs/placement-client';
import type { Config } from './config-schema.ts';
import { version } from './version.ts';

type PlacementConfig = NonNullable<Config['placement']>;

/** The client of Placement that the configuration describes; it connects when it is first used. */
export function composePlacement({ auth, endpoint }: PlacementConfig): Placement {
  const session = createSession({
    auth: authProvider(auth),
    ...(endpoint === null ? {} : { endpointOverrides: { placement: endpoint } }),
    ...(auth.kind === 'password' ? { interface: auth.interface } : {}),
    ...(auth.kind === 'password' && auth.region !== null ? { region: auth.region } : {}),
    userAgent: `cyborgd/${version}`,
  });
  return createPlacement(session);
}

function authProvider(auth: PlacementConfig['auth']): AuthProvider {
  if (auth.kind === 'none') return noAuth(auth);
  const { authUrl, username, password, userDomainName, projectName, projectDomainName } = auth;
  return keystonePassword({ authUrl, username, password, userDomainName, projectName, projectDomainName });
}
