import { sessionError } from '../errors/openstack-error.ts';
import { keystoneDomain } from './keystone-scope.ts';

/** A user by id, or by name and domain (default: the domain with the id `default`). */
export interface KeystoneUserOptions {
  readonly userId?: string | undefined;
  readonly username?: string | undefined;
  readonly userDomainId?: string | undefined;
  readonly userDomainName?: string | undefined;
}

/**
 * A user as Keystone reads it.
 *
 * @throws OpenStackError `session.bad_options` when there is neither an id nor a name
 */
export function keystoneUser(options: KeystoneUserOptions): Readonly<Record<string, unknown>> {
  if (options.userId) return { id: options.userId };
  if (options.username)
    return { name: options.username, domain: keystoneDomain(options.userDomainId, options.userDomainName) };
  throw sessionError(
    'session.bad_options',
    'neither userId nor username is given; Keystone needs one of them',
  );
}
