import { CyborgError } from '@cyborgjs/core';
import type { Identity } from './authenticator.ts';
import { type Check, type ParsedCheck, parseCheck } from './policy-check.ts';

/** Rules that others refer to: the personas of OpenStack's consistent RBAC. */
const personas = {
  admin_api: 'role:admin',
  manager_api: 'rule:admin_api or role:manager',
  member_or_service_api: 'rule:manager_api or role:member or role:service',
  reader_api: 'rule:manager_api or role:member or role:reader',
} as const;

/**
 * Who may do what, unless a policy file says otherwise. Rules that Cyborg has are named and decided as its own new
 * defaults (cyborg/common/policies, `enforce_new_defaults`); the others are ours and follow them.
 */
export const policyDefaults = {
  ...personas,
  'cyborg:device:get_all': 'rule:manager_api',
  'cyborg:device:get_one': 'rule:manager_api',
  'cyborg:device:enable': 'rule:admin_api',
  'cyborg:device:disable': 'rule:admin_api',
  'cyborg:device:install': 'rule:admin_api',
  'cyborg:device:uninstall': 'rule:admin_api',
  'cyborg:deployable:get_all': 'rule:manager_api',
  'cyborg:deployable:get_one': 'rule:manager_api',
  'cyborg:deployable:program': 'rule:admin_api',
  'cyborg:attribute:get_all': 'rule:manager_api',
  'cyborg:attribute:get_one': 'rule:manager_api',
  'cyborg:attribute:create': 'rule:admin_api',
  'cyborg:attribute:delete': 'rule:admin_api',
  'cyborg:device_profile:get_all': 'rule:reader_api',
  'cyborg:device_profile:get_one': 'rule:reader_api',
  'cyborg:device_profile:create': 'rule:admin_api',
  'cyborg:device_profile:delete': 'rule:admin_api',
  'cyborg:arq:get_all': 'rule:reader_api',
  'cyborg:arq:get_one': 'rule:reader_api',
  'cyborg:arq:create': 'rule:member_or_service_api',
  'cyborg:arq:update': 'rule:member_or_service_api',
  'cyborg:arq:delete': 'rule:member_or_service_api',
  'cyborg:attachment:get_all': 'rule:reader_api',
  'cyborg:attachment:get_one': 'rule:reader_api',
  'cyborg:attachment:create': 'rule:manager_api',
  'cyborg:attachment:delete': 'rule:manager_api',
  'cyborg:host:get_all': 'rule:manager_api',
  'cyborg:host:get_one': 'rule:manager_api',
  'cyborg:host:discover': 'rule:admin_api',
  'cyborg:driver:get_all': 'rule:manager_api',
  'cyborg:image:get_all': 'rule:manager_api',
  'cyborg:image:get_one': 'rule:manager_api',
  'cyborg:image:create': 'rule:admin_api',
  'cyborg:image:delete': 'rule:admin_api',
  'cyborg:operation:get_all': 'rule:manager_api',
  'cyborg:operation:get_one': 'rule:manager_api',
  'cyborg:operation:cancel': 'rule:admin_api',
  'cyborg:operation:retry': 'rule:admin_api',
  'cyborg:event:get_all': 'rule:manager_api',
  'cyborg:webhook:get_all': 'rule:admin_api',
  'cyborg:webhook:get_one': 'rule:admin_api',
  'cyborg:webhook:create': 'rule:admin_api',
  'cyborg:webhook:update': 'rule:admin_api',
  'cyborg:webhook:delete': 'rule:admin_api',
  'cyborg:webhook:test': 'rule:admin_api',
  'cyborg:quota:get_all': 'rule:admin_api',
  'cyborg:quota:get_one': 'rule:reader_api',
  'cyborg:quota:update': 'rule:admin_api',
  'cyborg:audit:get_all': 'rule:admin_api',
  'cyborg:flavor:get_all': 'rule:manager_api',
  'cyborg:diagnosis:get_one': 'rule:reader_api',
} as const;

/** A rule that a route can name. */
export type PolicyRule = Exclude<keyof typeof policyDefaults, keyof typeof personas>;

/** All rules that a route can name. */
export const routeRules = Object.keys(policyDefaults).filter(
  (name): name is PolicyRule => !Object.hasOwn(personas, name),
);

/** Check strings by the name of their rule, as a policy file has them. */
export type PolicyOverrides = Readonly<Record<string, string>>;

/** Who may do what, in force. */
export interface Policy {
  /** Whether the rule lets the caller through. */
  allows(identity: Identity, rule: PolicyRule): boolean;
}

/** Names of rules in a policy file that nothing asks for: those of other releases, or misspelt. */
export function unknownRules(overrides: PolicyOverrides): string[] {
  const known = new Set([
    ...Object.keys(policyDefaults),
    ...Object.values(overrides).flatMap((text) => parseCheck(text).refersTo),
  ]);
  return Object.keys(overrides).filter((name) => !known.has(name));
}

/**
 * Puts the defaults in force, with some of them replaced. A token that is not scoped to a project passes nowhere,
 * whatever the rules say. Throws `config.invalid` that names the rule and what is wrong with it.
 */
export function createPolicy(overrides: PolicyOverrides = {}): Policy {
  const checks = new Map<string, ParsedCheck>();
  for (const [name, text] of Object.entries({ ...policyDefaults, ...overrides })) {
    try {
      checks.set(name, parseCheck(text));
    } catch (cause) {
      throw new CyborgError('config.invalid', `rule ${name}: ${(cause as Error).message}`, { cause });
    }
  }
  for (const name of checks.keys()) requireSound(checks, name, []);
  const never: Check = () => false;
  const lookup = (name: string) => checks.get(name)?.check ?? never;
  return {
    allows(identity, rule) {
      if (identity.projectId === null) return false;
      const target = { project_id: identity.projectId, user_id: identity.userId };
      return lookup(rule)(identity, target, lookup);
    },
  };
}

/** Throws `auth.denied`, in Cyborg's words, when the rule does not let the caller through. */
export function requireRight(policy: Policy, identity: Identity, rule: PolicyRule): void {
  if (policy.allows(identity, rule)) return;
  const text = `Access was denied to the following resource: ${rule}`;
  throw new CyborgError('auth.denied', text, { details: { rule } });
}

function requireSound(checks: ReadonlyMap<string, ParsedCheck>, name: string, way: readonly string[]): void {
  const parsed = checks.get(name);
  if (parsed === undefined)
    throw new CyborgError('config.invalid', `rule ${way.at(-1)}: refers to ${name}, which does not exist`);
  if (way.includes(name))
    throw new CyborgError('config.invalid', `rule ${name}: refers to itself: ${[...way, name].join(' → ')}`);
  for (const other of parsed.refersTo) requireSound(checks, other, [...way, name]);
}
