import { CyborgError } from '@cyborgjs/core';
import type { Identity } from './authenticator.ts';

type Check = (identity: Identity) => boolean;

/** Within a project, with one of these roles. System-scoped, domain-scoped and unscoped tokens pass nowhere. */
const anyOf =
  (...roles: readonly string[]): Check =>
  (identity) =>
    identity.projectId !== null && roles.some((role) => identity.roles.includes(role));

const administrator = anyOf('admin');
const manager = anyOf('admin', 'manager');
const memberOrService = anyOf('admin', 'manager', 'member', 'service');
const reader = anyOf('admin', 'manager', 'member', 'reader');

/**
 * Who may do what. Rules that Cyborg has are named and decided as its own new defaults
 * (cyborg/common/policies, `enforce_new_defaults`); the others are ours and follow them.
 */
export const policies = {
  'cyborg:device:get_all': manager,
  'cyborg:device:get_one': manager,
  'cyborg:device:enable': administrator,
  'cyborg:device:disable': administrator,
  'cyborg:device:install': administrator,
  'cyborg:device:uninstall': administrator,
  'cyborg:deployable:get_all': manager,
  'cyborg:deployable:get_one': manager,
  'cyborg:attribute:get_all': manager,
  'cyborg:attribute:get_one': manager,
  'cyborg:attribute:create': administrator,
  'cyborg:attribute:delete': administrator,
  'cyborg:device_profile:get_all': reader,
  'cyborg:device_profile:get_one': reader,
  'cyborg:device_profile:create': administrator,
  'cyborg:device_profile:delete': administrator,
  'cyborg:arq:get_all': reader,
  'cyborg:arq:get_one': reader,
  'cyborg:arq:create': memberOrService,
  'cyborg:arq:update': memberOrService,
  'cyborg:arq:delete': memberOrService,
  'cyborg:host:get_all': manager,
  'cyborg:host:get_one': manager,
  'cyborg:host:discover': administrator,
  'cyborg:driver:get_all': manager,
  'cyborg:operation:get_all': manager,
  'cyborg:operation:get_one': manager,
  'cyborg:operation:cancel': administrator,
  'cyborg:event:get_all': manager,
} as const satisfies Record<string, Check>;

export type PolicyRule = keyof typeof policies;

/** Throws `auth.denied`, in Cyborg's words, when the rule does not let the caller through. */
export function requireRight(identity: Identity, rule: PolicyRule): void {
  if (policies[rule](identity)) return;
  const text = `Access was denied to the following resource: ${rule}`;
  throw new CyborgError('auth.denied', text, { details: { rule } });
}
