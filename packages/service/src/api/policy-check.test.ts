import { describe, expect, it } from 'vitest';
import type { Identity } from './authenticator.ts';
import { parseCheck } from './policy-check.ts';

const member: Identity = {
  userId: 'u1',
  projectId: 'p1',
  roles: ['Member', 'reader'],
  service: false,
  serviceUserId: null,
};
const target = { project_id: 'p1', user_id: 'u2', role: 'reader', none: null };
const rules = (name: string) => () => name === 'yes';
const passes = (text: string) => parseCheck(text).check(member, target, rules);

describe('a check string', () => {
  it.each([
    ['', true],
    ['@', true],
    ['!', false],
    ['role:member', true],
    ['role:READER', true],
    ['role:admin', false],
    ['role:%(role)s', true],
    ['role:admin or role:member', true],
    ['role:admin and role:member', false],
    ['role:member and not role:admin', true],
    ['not not role:member', true],
    // `and` binds closer than `or`.
    ['role:member or role:admin and role:admin', true],
    ['(role:member or role:admin) and role:admin', false],
    ['((role:member) AND (@))', true],
    ['project_id:%(project_id)s', true],
    ['user_id:%(user_id)s', false],
    ['user_id:u1', true],
    ['tenant:%(tenant)s', false],
    ['user_id:%(none)s', false],
    ["'p1':%(project_id)s", true],
    ['True:%(enabled)s', false],
    ['nonsense:p1', false],
    ['rule:yes', true],
    ['rule:no or role:member', true],
    ['not rule:yes', false],
  ])('%j lets a member through: %j', (text, wanted) => expect(passes(text)).toBe(wanted));

  it('names the rules that it refers to', () =>
    expect(parseCheck('rule:a or (role:x and not rule:b)').refersTo).toEqual(['a', 'b']));

  it.each([
    'role:admin or',
    'or role:admin',
    '(role:admin',
    'role:admin)',
    'role:a role:b',
    'role',
    ':x',
    'role:',
    'not',
  ])('that is none is refused: %j', (text) =>
    expect(() => parseCheck(text)).toThrowError(expect.objectContaining({ code: 'config.invalid' })),
  );

  it('that asks a remote server is refused', () =>
    expect(() => parseCheck('http://policy.example/check')).toThrow('not supported'));
});
