import type { AuthProvider } from '../auth/auth-provider.ts';
import { fixedToken } from '../auth/fixed-token.ts';
import { httpBasic } from '../auth/http-basic.ts';
import { keystoneApplicationCredential } from '../auth/keystone-application-credential.ts';
import { keystonePassword } from '../auth/keystone-password.ts';
import type { KeystoneOptions } from '../auth/keystone-provider.ts';
import { keystoneToken } from '../auth/keystone-token.ts';
import type { HttpOptions } from '../http/http.ts';
import { createSession, type Session } from '../session.ts';
import type { SessionOptions } from '../session-options.ts';
import { badCloud } from './bad-cloud.ts';
import { cloudService } from './cloud-service.ts';
import type { CloudConfig } from './load-cloud.ts';
import type { ResolvedCloud } from './resolve-cloud.ts';

/**
 * A session with a cloud: its way to authenticate, its endpoints, its TLS. `overrides` win over all of it.
 *
 * @throws OpenStackError `session.bad_cloud` when something is missing that its way to authenticate needs;
 * `session.bad_options` when it asks for two scopes
 */
export function sessionFromCloud(cloud: CloudConfig, overrides: Partial<SessionOptions> = {}): Session {
  const { tls, attemptTimeoutMs } = cloud;
  const options: Omit<SessionOptions, 'auth'> = {
    tls,
    ...(attemptTimeoutMs !== undefined && {
      attemptTimeoutMs,
      timeoutMs: Math.max(60_000, attemptTimeoutMs),
    }),
    services: (type) => cloudService(cloud, type),
    ...overrides,
  };
  return createSession({ ...options, auth: overrides.auth ?? authFromCloud(cloud, options) });
}

/** The provider that a cloud's `auth_type` names; `http` is how it talks to Keystone. */
export function authFromCloud(cloud: ResolvedCloud, http: HttpOptions = {}): AuthProvider {
  const { auth, authType } = cloud;
  const need = (key: string): string => auth[key] ?? missing(cloud, key);
  const keystone = (): KeystoneOptions => ({ ...http, authUrl: need('auth_url') });
  switch (authType) {
    case 'none':
      return fixedToken({ token: 'notused', endpoint: auth.endpoint });
    case 'admin_token':
      return fixedToken({ token: need('token'), endpoint: need('endpoint') });
    case 'http_basic':
      return httpBasic({ username: need('username'), password: need('password'), endpoint: auth.endpoint });
    case 'token':
    case 'v3token':
      return keystoneToken({ ...keystone(), ...scopeOf(cloud), token: need('token') });
    case 'v3applicationcredential':
      return keystoneApplicationCredential({
        ...keystone(),
        ...userOf(cloud),
        id: auth.application_credential_id,
        name: auth.application_credential_name,
        secret: need('application_credential_secret'),
      });
    case 'password':
    case 'v3password':
      return keystonePassword({
        ...keystone(),
        ...userOf(cloud),
        ...scopeOf(cloud),
        password: need('password'),
      });
  }
}

function userOf({ auth }: ResolvedCloud) {
  return {
    userId: auth.user_id,
    username: auth.username,
    userDomainId: auth.user_domain_id ?? auth.default_domain_id,
    userDomainName: auth.user_domain_name ?? auth.default_domain_name,
  };
}

function scopeOf({ auth, place }: ResolvedCloud) {
  const { system_scope: systemScope } = auth;
  if (systemScope !== undefined && systemScope !== 'all')
    throw badCloud(`${place} has the system_scope "${systemScope}"; there is only "all"`);
  return {
    projectId: auth.project_id,
    projectName: auth.project_name,
    projectDomainId: auth.project_domain_id ?? auth.default_domain_id,
    projectDomainName: auth.project_domain_name ?? auth.default_domain_name,
    domainId: auth.domain_id,
    domainName: auth.domain_name,
    systemScope,
    trustId: auth.trust_id,
  } as const;
}

function missing({ place, authType }: ResolvedCloud, key: string): never {
  throw badCloud(
    `${place} has no ${key}, which auth_type ${authType} needs; set it under auth, or as OS_${key.toUpperCase()}`,
  );
}
