import { sessionError } from '../errors/openstack-error.ts';
import type { AuthProvider } from './auth-provider.ts';
import { createKeystoneProvider, type KeystoneOptions } from './keystone-provider.ts';
import { type KeystoneUserOptions, keystoneUser } from './keystone-user.ts';

/** An application credential by its id, or by its name and its user. */
export interface KeystoneApplicationCredentialOptions extends KeystoneOptions, KeystoneUserOptions {
  readonly id?: string | undefined;
  /** Needs the user whose credential it is. */
  readonly name?: string | undefined;
  readonly secret: string;
}

/**
 * Tokens by an application credential. Its scope is its own project, and it takes no other; renewal is the same
 * request once more, since such a token cannot be exchanged.
 *
 * @throws OpenStackError `session.bad_options` when there is neither an id nor a name with a user
 * @example
 * const auth = keystoneApplicationCredential({
 *   authUrl: 'http://controller:5000/v3',
 *   id: '6cb5fa6a13184e6fab65ba2108adf50c',
 *   secret: 'glance-secret',
 * });
 */
export function keystoneApplicationCredential(options: KeystoneApplicationCredentialOptions): AuthProvider {
  return createKeystoneProvider(options, {
    identity: { methods: ['application_credential'], application_credential: credentialOf(options) },
    who: `application credential "${options.id || options.name}"`,
    advice:
      'Check its id or name and its secret, that it has not expired, and that its user has kept its roles.',
    isRenewable: true,
  });
}

function credentialOf(options: KeystoneApplicationCredentialOptions): unknown {
  const { id, name, secret } = options;
  if (id) return { id, secret };
  if (name) return { name, secret, user: keystoneUser(options) };
  throw sessionError(
    'session.bad_options',
    'neither id nor name of the application credential is given; a name needs its user too',
  );
}
