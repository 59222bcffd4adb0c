import { CyborgError } from '@cyborgjs/core';
import { stringify } from 'yaml';
import { createPolicy, type PolicyRule, policyDefaults } from './api/policy.ts';
import type { Config } from './config-schema.ts';
import { loadPolicy, readPolicyFile } from './policy-file.ts';

/** `cyborgd policy show`: prints the rules in force as a policy file. */
export function showPolicy({ api }: Config): void {
  const overrides = api.policyFile === null ? {} : readPolicyFile(api.policyFile);
  process.stdout.write(stringify({ ...policyDefaults, ...overrides }, { lineWidth: 0 }));
}

/**
 * `cyborgd policy check`: says that the policy file holds, or throws what does not; with roles, says for each rule
 * whether somebody with these roles passes.
 */
export function checkPolicy(
  { api }: Config,
  { file = api.policyFile ?? undefined, roles }: { readonly file?: string; readonly roles?: string },
): void {
  const { policy, unknown } = file === undefined ? { policy: createPolicy(), unknown: [] } : loadPolicy(file);
  for (const name of unknown) process.stderr.write(`${file}: ${name}: nothing asks for this rule\n`);
  if (roles === undefined) {
    process.stdout.write(
      file === undefined ? 'no policy file: the defaults are in force\n' : `${file} holds\n`,
    );
    return;
  }
  const identity = {
    userId: 'somebody',
    projectId: 'a-project',
    roles: rolesIn(roles),
    service: false,
    serviceUserId: null,
  };
  const names = Object.keys(policyDefaults).filter((name): name is PolicyRule => name.includes(':'));
  for (const name of names)
    process.stdout.write(`${policy.allows(identity, name) ? 'passes' : 'denied'}  ${name}\n`);
}

function rolesIn(text: string): string[] {
  const roles = text.split(',').map((role) => role.trim());
  if (roles.every((role) => role !== '')) return roles;
  throw new CyborgError('config.invalid', `--roles ${text}: expected names separated by commas`);
}
