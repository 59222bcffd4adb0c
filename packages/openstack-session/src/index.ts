export type {
  AuthHeaders,
  AuthProvider,
  EndpointFilter,
  EndpointInterface,
  Identity,
} from './auth/auth-provider.ts';
export { Catalog, findEndpoint } from './auth/catalog.ts';
export { type FixedTokenOptions, fixedToken } from './auth/fixed-token.ts';
export { type HttpBasicOptions, httpBasic } from './auth/http-basic.ts';
export {
  type KeystoneApplicationCredentialOptions,
  keystoneApplicationCredential,
} from './auth/keystone-application-credential.ts';
export { type KeystonePasswordOptions, keystonePassword } from './auth/keystone-password.ts';
export type { KeystoneOptions } from './auth/keystone-provider.ts';
export type { KeystoneScopeOptions } from './auth/keystone-scope.ts';
export { type KeystoneTokenOptions, keystoneToken } from './auth/keystone-token.ts';
export type { KeystoneUserOptions } from './auth/keystone-user.ts';
export { type NoAuthOptions, noAuth } from './auth/no-auth.ts';
export { withServiceToken } from './auth/with-service-token.ts';
export type { AuthType } from './clouds/auth-type.ts';
export type { CloudSources } from './clouds/choose-cloud.ts';
export {
  type CloudFile,
  type CloudFileSearch,
  type Environment,
  type SearchPlaces,
  searchCloudFiles,
} from './clouds/cloud-files.ts';
export { type CloudService, cloudService } from './clouds/cloud-service.ts';
export type { CloudValues } from './clouds/cloud-values.ts';
export { type CloudConfig, type LoadCloudOptions, loadCloud } from './clouds/load-cloud.ts';
export { type CloudChoice, type ResolvedCloud, resolveCloud, type TlsFiles } from './clouds/resolve-cloud.ts';
export { authFromCloud, sessionFromCloud } from './clouds/session-from-cloud.ts';
export { type ErrorKind, kindOfStatus } from './errors/error-kind.ts';
export { isOpenStackError, OpenStackError, type OpenStackErrorFacts } from './errors/openstack-error.ts';
export { type SessionErrorCode, sessionErrorTable } from './errors/session-error-table.ts';
export { type Backoff, fullJitter, type Sleep, sleep } from './http/backoff.ts';
export type { ConnectionOptions, TlsOptions } from './http/connections.ts';
export type { Deadline } from './http/deadline.ts';
export type { HttpOptions } from './http/http.ts';
export type { Attempt, HttpAnswer, HttpRequest, Interceptor, Send } from './http/http-message.ts';
export { type Proxies, proxiesFrom } from './http/proxies.ts';
export type { SessionResponse } from './http/read-answer.ts';
export { defaultRetryPolicy, type RetryLimits, type RetryPolicy } from './http/retry-policy.ts';
export type { CallEvent, RetryEvent, SessionHooks } from './http/session-hooks.ts';
export {
  createSession,
  type Query,
  type Session,
  type SessionRequest,
  type SessionStream,
} from './session.ts';
export type { ServiceSettings, SessionOptions } from './session-options.ts';
