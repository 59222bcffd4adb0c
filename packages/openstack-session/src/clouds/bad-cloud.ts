import { sessionError } from '../errors/openstack-error.ts';

/** The error of a configuration that cannot be used; the message says where it is wrong and what helps. */
export function badCloud(message: string, cause?: unknown) {
  return sessionError('session.bad_cloud', message, cause === undefined ? {} : { cause });
}
