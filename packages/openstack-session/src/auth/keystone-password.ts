import type { AuthProvider } from './auth-provider.ts';
import { createKeystoneProvider, type KeystoneOptions } from './keystone-provider.ts';
import { type KeystoneScopeOptions, keystoneScope } from './keystone-scope.ts';
import { type KeystoneUserOptions, keystoneUser } from './keystone-user.ts';

/** Who to be and where, for Keystone's v3 password method. Names need their domain; ids do not. */
export interface KeystonePasswordOptions extends KeystoneOptions, KeystoneUserOptions, KeystoneScopeOptions {
  readonly password: string;
}

/**
 * Tokens by user and password.
 *
 * @throws OpenStackError `session.bad_options` when no user is named, or more than one scope
 * @example
 * const auth = keystonePassword({
 *   authUrl: 'http://controller:5000/v3',
 *   username: 'cyborg',
 *   password: 'secret',
 *   userDomainName: 'Default',
 *   projectName: 'service',
 *   projectDomainName: 'Default',
 * });
 */
export function keystonePassword(options: KeystonePasswordOptions): AuthProvider {
  const user = { ...keystoneUser(options), password: options.password };
  return createKeystoneProvider(options, {
    identity: { methods: ['password'], password: { user } },
    scope: keystoneScope(options),
    who: `user "${options.userId || options.username}"`,
    advice: 'Check the user, its password and domain, and its role in the project.',
    isRenewable: true,
  });
}
