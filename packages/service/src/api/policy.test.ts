import { describe, expect, it } from 'vitest';
import type { Identity } from './authenticator.ts';
import { type PolicyRule, policies, requireRight } from './policy.ts';

const as = (roles: readonly string[], projectId: string | null = 'p1'): Identity => ({
  userId: 'u',
  projectId,
  roles,
  service: false,
});

const personas = {
  admin: as(['admin', 'manager', 'member', 'reader']),
  manager: as(['manager', 'member', 'reader']),
  member: as(['member', 'reader']),
  reader: as(['reader']),
  service: as(['service']),
  'system admin': as(['admin', 'manager', 'member', 'reader'], null),
};

const allowed = (rule: PolicyRule) =>
  Object.entries(personas)
    .filter(([, identity]) => policies[rule](identity))
    .map(([name]) => name);

describe('policies', () => {
  it.each<[PolicyRule, string[]]>([
    ['cyborg:device:get_all', ['admin', 'manager']],
    ['cyborg:deployable:get_one', ['admin', 'manager']],
    ['cyborg:attribute:get_all', ['admin', 'manager']],
    ['cyborg:device:disable', ['admin']],
    ['cyborg:device_profile:get_all', ['admin', 'manager', 'member', 'reader']],
    ['cyborg:device_profile:create', ['admin']],
    ['cyborg:device:install', ['admin']],
    ['cyborg:operation:get_all', ['admin', 'manager']],
  ])('%s is for %j', (rule, names) => expect(allowed(rule)).toEqual(names));

  it('refuses by the name of the rule', () =>
    expect(() => requireRight(personas.member, 'cyborg:device:get_all')).toThrowError(
      expect.objectContaining({
        code: 'auth.denied',
        message: 'Access was denied to the following resource: cyborg:device:get_all',
      }),
    ));
});
