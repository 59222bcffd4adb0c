import type { AuthProvider } from './auth-provider.ts';
import { createKeystoneProvider, type KeystoneOptions } from './keystone-provider.ts';
import { type KeystoneScopeOptions, keystoneScope } from './keystone-scope.ts';

/** A token that somebody else got, and what to exchange it for. */
export interface KeystoneTokenOptions extends KeystoneOptions, KeystoneScopeOptions {
  readonly token: string;
}

/**
 * Exchanges a token for one of the scope that is named. Without one Keystone takes the user's default project, and
 * where there is none gives a token without roles and catalog: the scope of the old token is not taken over. The new
 * token ends when the old one does: then calls fail with `session.token_ended`. Tokens of application credentials cannot be exchanged
 * (Keystone answers 403).
 *
 * @throws OpenStackError `session.bad_options` when more than one scope is named
 * @example
 * const auth = keystoneToken({
 *   authUrl: 'http://controller:5000/v3',
 *   token: process.env.OS_TOKEN ?? '',
 *   projectId: '263fd9',
 * });
 */
export function keystoneToken(options: KeystoneTokenOptions): AuthProvider {
  return createKeystoneProvider(options, {
    identity: { methods: ['token'], token: { id: options.token } },
    scope: keystoneScope(options),
    headers: { 'x-auth-token': options.token },
    who: `the token for Keystone at ${options.authUrl}`,
    advice: 'Get another token, or use a password or an application credential.',
    isRenewable: false,
  });
}
