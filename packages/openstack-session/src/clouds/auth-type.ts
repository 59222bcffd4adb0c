import { badCloud } from './bad-cloud.ts';
import { authOf, type CloudValues, isGiven } from './cloud-values.ts';

/** The ways to authenticate that a cloud can name (`auth_type`); those of keystoneauth with the same names. */
export type AuthType =
  | 'password'
  | 'v3password'
  | 'token'
  | 'v3token'
  | 'v3applicationcredential'
  | 'admin_token'
  | 'http_basic'
  | 'none';

const user = ['user_id', 'username', 'user_domain_id', 'user_domain_name'];
const scope = [
  'auth_url',
  'system_scope',
  'domain_id',
  'domain_name',
  'project_id',
  'project_name',
  'project_domain_id',
  'project_domain_name',
  'trust_id',
];
const anyVersion = [...scope, 'default_domain_id', 'default_domain_name'];
const credential = [
  'application_credential_id',
  'application_credential_name',
  'application_credential_secret',
];

/** What each of them reads. */
const optionsOf: Readonly<Record<AuthType, readonly string[]>> = {
  password: [...anyVersion, ...user, 'password'],
  v3password: [...scope, ...user, 'password'],
  token: [...anyVersion, 'token'],
  v3token: [...scope, 'token'],
  v3applicationcredential: [...scope, ...user, ...credential],
  admin_token: ['endpoint', 'token'],
  http_basic: ['username', 'password', 'endpoint'],
  none: ['endpoint'],
};

const olderNames: Readonly<Record<string, string>> = { username: 'user_name', endpoint: 'url' };

/**
 * The `auth_type` of a cloud. Nothing at all is `none`.
 *
 * @throws OpenStackError `session.bad_cloud` for one that is not known here
 */
export function authTypeOf({ auth_type: value }: CloudValues, place: string): AuthType {
  if (value === null || value === undefined || value === '' || value === 'None') return 'none';
  const name = value === 'token_endpoint' ? 'admin_token' : String(value);
  if (Object.hasOwn(optionsOf, name)) return name as AuthType;
  throw badCloud(
    `${place} has the auth_type "${name}", which is not known here. Known are: ${Object.keys(optionsOf).join(', ')}.`,
  );
}

/** Moves what the way to authenticate reads into `auth`, where it is not there yet, and drops what is empty. */
export function collectAuth(settings: CloudValues, type: AuthType): CloudValues {
  const values: Record<string, unknown> = { ...settings };
  const auth: Record<string, unknown> = { ...authOf(settings) };
  for (const name of optionsOf[type]) {
    const spellings = [name, ...(olderName(name, type) ?? [])];
    const inside = first(auth, spellings);
    const winner = isGiven(inside) ? inside : first(values, spellings);
    for (const spelling of spellings) {
      delete values[spelling];
      delete auth[spelling];
    }
    if (isGiven(winner)) auth[name] = winner;
  }
  return { ...values, auth };
}

function olderName(name: string, type: AuthType): string[] | undefined {
  const older = olderNames[name];
  return older === undefined || (name === 'endpoint' && type !== 'admin_token') ? undefined : [older];
}

function first(values: CloudValues, names: readonly string[]): unknown {
  const name = names.find((candidate) => candidate in values);
  return name === undefined ? undefined : values[name];
}
