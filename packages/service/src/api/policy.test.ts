import { describe, expect, it } from 'vitest';
import type { Identity } from './authenticator.ts';
import { createPolicy, type PolicyRule, requireRight, unknownRules } from './policy.ts';

const as = (roles: readonly string[], projectId: string | null = 'p1'): Identity => ({
  userId: 'u',
  projectId,
  roles,
  service: false,
  serviceUserId: null,
});

const personas = {
  admin: as(['admin', 'manager', 'member', 'reader']),
  manager: as(['manager', 'member', 'reader']),
  member: as(['member', 'reader']),
  reader: as(['reader']),
  service: as(['service']),
  'system admin': as(['admin', 'manager', 'member', 'reader'], null),
};

const policy = createPolicy();
const allowed = (rule: PolicyRule) =>
  Object.entries(personas)
    .filter(([, identity]) => policy.allows(identity, rule))
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
    ['cyborg:arq:get_all', ['admin', 'manager', 'member', 'reader']],
    ['cyborg:arq:create', ['admin', 'manager', 'member', 'service']],
    ['cyborg:arq:update', ['admin', 'manager', 'member', 'service']],
    ['cyborg:arq:delete', ['admin', 'manager', 'member', 'service']],
  ])('%s is for %j', (rule, names) => expect(allowed(rule)).toEqual(names));

  it('refuses by the name of the rule', () =>
    expect(() => requireRight(policy, personas.member, 'cyborg:device:get_all')).toThrowError(
      expect.objectContaining({
        code: 'auth.denied',
        message: 'Access was denied to the following resource: cyborg:device:get_all',
      }),
    ));

  it('are replaced rule by rule, and what refers to a replaced one follows', () => {
    const own = createPolicy({ admin_api: 'role:boss', 'cyborg:arq:create': '!' });
    expect(own.allows(as(['boss']), 'cyborg:device_profile:create')).toBe(true);
    expect(own.allows(personas.admin, 'cyborg:device_profile:create')).toBe(false);
    expect(own.allows(personas.member, 'cyborg:arq:create')).toBe(false);
    expect(own.allows(personas.member, 'cyborg:arq:delete')).toBe(true);
  });

  it('never let a token through that is for no project', () =>
    expect(
      createPolicy({ 'cyborg:arq:create': '@' }).allows(personas['system admin'], 'cyborg:arq:create'),
    ).toBe(false));

  it.each([
    [
      'what is not understood',
      { 'cyborg:arq:create': 'role:admin or' },
      'rule cyborg:arq:create: "role:admin or"',
    ],
    ['a rule that does not exist', { 'cyborg:arq:create': 'rule:nobody' }, 'refers to nobody'],
    ['rules in a ring', { a: 'rule:b', b: 'not rule:a' }, 'a → b → a'],
  ])('refuse %s', (_what, overrides, text) =>
    expect(() => createPolicy(overrides)).toThrowError(
      expect.objectContaining({ code: 'config.invalid', message: expect.stringContaining(text) }),
    ),
  );

  it('tell of rules that nothing asks for', () =>
    expect(unknownRules({ 'cyborg:arq:creat': '@', mine: '@', 'cyborg:arq:create': 'rule:mine' })).toEqual([
      'cyborg:arq:creat',
    ]));
});
