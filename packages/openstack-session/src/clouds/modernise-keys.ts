import { authOf, type CloudValues, isGiven, isTrue } from './cloud-values.ts';

// Of several spellings the last one wins.
const domains = [
  ['domain_id', 'domain-id'],
  ['domain_name', 'domain-name'],
  ['user_domain_id', 'user-domain-id'],
  ['user_domain_name', 'user-domain-name'],
  ['project_domain_id', 'project-domain-id'],
  ['project_domain_name', 'project-domain-name'],
] as const;
const projects = [
  ['project_id', 'tenant_id', 'tenant-id', 'project_id', 'project-id'],
  ['project_name', 'tenant_name', 'tenant-name', 'project_name', 'project-name'],
] as const;
const spellings: readonly (readonly string[])[] = [
  ...domains.map(([name, dashed]) => [name, name, dashed]),
  ['token', 'auth-token', 'auth_token', 'token'],
  ...projects,
];

/** Brings older keys and spellings to what they are called today, in the order in which openstacksdk does it. */
export function moderniseKeys(settings: CloudValues): CloudValues {
  const steps = [passcodeToAuth, oneTimeout, unifyInterface, intoAuth, interfaceKeys, oneDomain, truths];
  return steps.reduce((values, step) => step(values), settings);
}

function passcodeToAuth({ passcode, ...settings }: CloudValues): CloudValues {
  return passcode === undefined ? settings : { ...settings, auth: { ...authOf(settings), passcode } };
}

/** `nova_timeout` and the like are `api_timeout`. */
function oneTimeout(settings: CloudValues): CloudValues {
  const isOlder = (key: string) => key.endsWith('timeout') && key !== 'timeout' && key !== 'api_timeout';
  const kept = Object.entries(settings).filter(([key]) => !isOlder(key));
  const older = Object.keys(settings).findLast(isOlder);
  return Object.fromEntries(older === undefined ? kept : [...kept, ['api_timeout', settings[older]]]);
}

function unifyInterface({ endpoint_type: older, ...settings }: CloudValues): CloudValues {
  return older === undefined ? settings : { ...settings, interface: older };
}

/** Who and where belongs into `auth`, wherever it was written. */
function intoAuth(settings: CloudValues): CloudValues {
  const values: Record<string, unknown> = { ...settings };
  const auth: Record<string, unknown> = { ...authOf(settings) };
  for (const [target = '', ...keys] of spellings) {
    const found = keys.flatMap((key) => [values[key], auth[key]]).filter((value) => value !== undefined);
    for (const key of keys) {
      delete values[key];
      delete auth[key];
    }
    const winner = found.at(-1);
    if (winner !== null && isGiven(String(winner ?? ''))) auth[target] = String(winner);
  }
  return { ...values, auth };
}

/** `placement_endpoint_type` is `placement_interface`; of two the later one wins. */
function interfaceKeys(settings: CloudValues): CloudValues {
  const renamed = (key: string) =>
    key.endsWith('endpoint_type') ? key.replaceAll('endpoint_type', 'interface') : key;
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [renamed(key), value]));
}

/** With a project, `domain_id` and `domain_name` are said once for user and project; else they are the scope. */
function oneDomain(settings: CloudValues): CloudValues {
  const auth: Record<string, unknown> = { ...authOf(settings) };
  if (auth.project_id === undefined && auth.project_name === undefined) return settings;
  for (const kind of ['id', 'name']) {
    const domain = auth[`domain_${kind}`];
    delete auth[`domain_${kind}`];
    if (domain === undefined) continue;
    auth[`user_domain_${kind}`] ??= domain;
    auth[`project_domain_${kind}`] ??= domain;
  }
  return { ...settings, auth };
}

function truths(settings: CloudValues): CloudValues {
  return 'insecure' in settings ? { ...settings, insecure: isTrue(settings.insecure) } : settings;
}
