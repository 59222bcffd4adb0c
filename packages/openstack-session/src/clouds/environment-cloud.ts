import type { Environment } from './cloud-files.ts';
import type { CloudValues } from './cloud-values.ts';

/** Variables that choose or place, and describe no cloud. */
const selectors = new Set([
  'OS_CLOUD',
  'OS_REGION_NAME',
  'OS_CLIENT_CONFIG_FILE',
  'OS_CLIENT_SECURE_FILE',
  'OS_CLOUD_NAME',
]);

/**
 * The cloud that the `OS_` variables describe: `OS_AUTH_URL` is its `auth_url`. Undefined when there are none but
 * those that choose; what test and log tools set (`OS_TEST…`, `OS_STD…`, `OS_LOG…`) does not count.
 */
export function environmentCloud(env: Environment): CloudValues | undefined {
  const names = Object.keys(env).filter(
    (name) => name.startsWith('OS_') && env[name] !== undefined && !/^OS_(TEST|STD|LOG)/.test(name),
  );
  if (names.every((name) => selectors.has(name))) return undefined;
  return Object.fromEntries(names.map((name) => [name.slice(3).toLowerCase(), env[name]]));
}
