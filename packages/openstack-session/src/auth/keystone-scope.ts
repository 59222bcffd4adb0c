import { sessionError } from '../errors/openstack-error.ts';

/**
 * What a token is for: one project, one domain, the system, or a trust; or nothing at all. Without any of these
 * Keystone takes the user's default project. A project's name needs its domain (default: the domain with the id
 * `default`).
 */
export interface KeystoneScopeOptions {
  readonly projectId?: string | undefined;
  readonly projectName?: string | undefined;
  readonly projectDomainId?: string | undefined;
  readonly projectDomainName?: string | undefined;
  readonly domainId?: string | undefined;
  readonly domainName?: string | undefined;
  /** The only system there is. */
  readonly systemScope?: 'all' | undefined;
  /** A trust that was given to the user. */
  readonly trustId?: string | undefined;
  /** A token without a scope, even for a user with a default project. */
  readonly unscoped?: boolean | undefined;
}

/**
 * `auth.scope` of `POST /v3/auth/tokens` (Identity API v3), or undefined for none.
 *
 * @throws OpenStackError `session.bad_options` when the options ask for more than one scope
 */
export function keystoneScope(options: KeystoneScopeOptions): unknown {
  const { projectId, projectName, domainId, domainName, systemScope, trustId, unscoped } = options;
  const projectDomain = keystoneDomain(options.projectDomainId, options.projectDomainName);
  const project = projectId ? { id: projectId } : projectName && { name: projectName, domain: projectDomain };
  const domain = domainId ? { id: domainId } : domainName && { name: domainName };
  const asked: [name: string, scope: unknown][] = [];
  if (project) asked.push([`project "${projectId || projectName}"`, { project }]);
  if (domain) asked.push([`domain "${domainId || domainName}"`, { domain }]);
  if (systemScope) asked.push(['the system', { system: { all: true } }]);
  if (trustId) asked.push([`trust "${trustId}"`, { 'OS-TRUST:trust': { id: trustId } }]);
  if (unscoped) asked.push(['no scope', 'unscoped']);
  if (asked.length > 1)
    throw sessionError(
      'session.bad_options',
      `a token has one scope, but these are asked for: ${asked.map(([name]) => name).join(', ')}. Leave one.`,
    );
  return asked[0]?.[1];
}

/** A domain as Keystone reads it; the one with the id `default` when neither is given. */
export function keystoneDomain(id: string | undefined, name: string | undefined) {
  if (id) return { id };
  return name ? { name } : { id: 'default' };
}
