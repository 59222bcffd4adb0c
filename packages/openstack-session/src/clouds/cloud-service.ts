import type { EndpointInterface } from '../auth/auth-provider.ts';
import { namesOfServiceType, officialServiceType } from '../service-types.ts';
import type { ServiceSettings } from '../session-options.ts';
import { badCloud } from './bad-cloud.ts';
import { type CloudValues, isGiven, textOf } from './cloud-values.ts';
import type { ResolvedCloud } from './resolve-cloud.ts';

/** What a cloud says about one service. */
export interface CloudService extends ServiceSettings {
  /** The major version wanted: `2`; `1.39` is the microversion as well. */
  readonly apiVersion?: string | undefined;
}

/**
 * The settings of one service: `placement_endpoint_override`, `placement_interface` and so on, also under the
 * older names of its type; `interface`, `region_name` and the numbers of retries fall back to those of the cloud.
 *
 * @throws OpenStackError `session.bad_cloud` for an unknown interface or a number that is none
 */
export function cloudService(cloud: ResolvedCloud, type: string): CloudService {
  const own = (key: string) => ownSetting(cloud.settings, type, key);
  const any = (key: string) => own(key) ?? cloud.settings[key];
  const retries = (key: string) => countOf(any(key), `${key} of ${type} in ${cloud.place}`);
  const apiVersion = versionOf(own('api_version'));
  const official = officialServiceType(type);
  return {
    endpoint: endpointOf(cloud, type),
    type: textOf(ownSetting(cloud.settings, official, 'service_type')) ?? official,
    name: textOf(own('service_name')),
    interface: interfacesOf(any('interface'), cloud.place),
    region: textOf(any('region_name')),
    apiVersion,
    microversion: microversionOf({ cloud, type, apiVersion, asked: textOf(own('default_microversion')) }),
    connectRetries: retries('connect_retries'),
    statusRetries: retries('status_code_retries'),
  };
}

function ownSetting(settings: CloudValues, type: string, key: string): unknown {
  for (const name of namesOfServiceType(type)) {
    const value = settings[`${name.toLowerCase().replaceAll('-', '_')}_${key}`];
    if (value !== null && value !== undefined) return value;
  }
  return undefined;
}

const scopes = ['domain_id', 'domain_name', 'project_id', 'project_name', 'system_scope'];

function endpointOf({ settings, authType, auth }: ResolvedCloud, type: string): string | undefined {
  const own = [ownSetting(settings, type, 'endpoint_override'), ownSetting(settings, type, 'endpoint')];
  const found = own.find(isGiven);
  if (found !== undefined) return String(found);
  if (authType === 'none' && auth.endpoint !== undefined) return auth.endpoint;
  // Without a scope there is no catalog, but Keystone itself can be asked.
  const isUnscoped = type === 'identity' && scopes.every((scope) => !(scope in auth));
  return isUnscoped ? auth.auth_url : undefined;
}

const known: ReadonlySet<string> = new Set<EndpointInterface>(['public', 'internal', 'admin']);

function interfacesOf(value: unknown, place: string): readonly EndpointInterface[] | undefined {
  if (!isGiven(value)) return undefined;
  return [value].flat().map((item) => {
    const name = String(item).replace(/URL$/, '');
    if (known.has(name)) return name as EndpointInterface;
    throw badCloud(`${place} has the interface "${item}"; there are ${[...known].join(', ')}`);
  });
}

function versionOf(value: unknown): string | undefined {
  const version = textOf(value);
  return version !== undefined && /^\d*\.?\d+$|^\d+\.$/.test(version.trim()) ? version : undefined;
}

interface Versions {
  readonly cloud: ResolvedCloud;
  readonly type: string;
  readonly apiVersion: string | undefined;
  readonly asked: string | undefined;
}

/** A version with a point is a microversion as well, unless it ends in `.0`, as versions once did. */
function microversionOf({ cloud, type, apiVersion, asked }: Versions): string | undefined {
  const isMicroversion = apiVersion?.includes('.') === true && apiVersion.split('.')[1] !== '0';
  const implied = isMicroversion ? apiVersion : undefined;
  if (implied !== undefined && asked !== undefined && implied !== asked)
    throw badCloud(
      `${cloud.place} has the api_version ${implied} and the default_microversion ${asked} for ${type}. ` +
        'Set api_version to the major version only, or leave one of them.',
    );
  return implied ?? asked;
}

function countOf(value: unknown, place: string): number | undefined {
  if (value === null || value === undefined) return undefined;
  const count = Number(value);
  if (Number.isInteger(count) && count >= 0 && value !== '') return count;
  throw badCloud(`${place} is "${value}", which is no count`);
}
