import { type AuthType, authTypeOf, collectAuth } from './auth-type.ts';
import { badCloud } from './bad-cloud.ts';
import { baseSettings, type CloudSources, chooseCloud } from './choose-cloud.ts';
import { chooseRegion } from './choose-region.ts';
import {
  authOf,
  type CloudValues,
  isCloudValues,
  isGiven,
  isTrue,
  mergeCloud,
  normaliseValues,
  textOf,
} from './cloud-values.ts';
import { expandAuthUrl, expandTemplates } from './expand-templates.ts';
import { moderniseKeys } from './modernise-keys.ts';

/** Which cloud to resolve. */
export interface CloudChoice {
  /** Default: `OS_CLOUD`, then the cloud of the `OS_` variables, then the only one. */
  readonly cloud?: string | undefined;
  /** Default: the first one of the cloud. `OS_REGION_NAME` counts for the cloud of the `OS_` variables only. */
  readonly region?: string | undefined;
  /** Settings that win over all others, in the words of clouds.yaml; what is null or undefined does not count. */
  readonly overrides?: CloudValues | undefined;
}

/** Files of a cloud's TLS settings, in PEM; `~` is not expanded yet. */
export interface TlsFiles {
  /** Whether certificates are checked. */
  readonly verify: boolean;
  readonly cacert?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** A cloud, with all that its files and the environment say about it. */
export interface ResolvedCloud {
  readonly name: string;
  /** Where it is described, for messages: `cloud "lab" in /etc/openstack/clouds.yaml`. */
  readonly place: string;
  /** Any when absent. */
  readonly region?: string | undefined;
  readonly authType: AuthType;
  /** What the way to authenticate reads: `auth_url`, `username`, `project_id`. It holds secrets. */
  readonly auth: Readonly<Record<string, string>>;
  readonly tlsFiles: TlsFiles;
  /** For one HTTP request (`api_timeout`); absent when there is no limit of its own. */
  readonly attemptTimeoutMs?: number | undefined;
  /** All settings by their keys today. They hold secrets. */
  readonly settings: CloudValues;
}

/**
 * Resolves a cloud as openstacksdk's `OpenStackConfig.get_one` does; reads nothing itself.
 *
 * @throws OpenStackError `session.bad_cloud` when there is no such cloud or it cannot be used
 */
export function resolveCloud(sources: CloudSources, choice: CloudChoice = {}): ResolvedCloud {
  const chosen = chooseCloud(sources, choice.cloud);
  const region = chooseRegion(chosen, choice.region);
  const { regions: _, ...base } = baseSettings(chosen);
  const overrides = { ...withoutPrefix(choice.overrides ?? {}), region_name: region.name };
  const laid = [region.values, overrides].reduce((under, over) => mergeCloud(under, onlySet(over)), base);
  const modern = normaliseValues(expandAuthUrl(moderniseKeys(laid), chosen.place));
  const authType = authTypeOf(modern, chosen.place);
  const settings = expandTemplates({ ...collectAuth(modern, authType), auth_type: authType }, chosen.place);
  return {
    name: chosen.name,
    place: chosen.place,
    region: textOf(settings.region_name),
    authType,
    auth: textsOf(authOf(settings)),
    tlsFiles: tlsFilesOf(settings),
    attemptTimeoutMs: timeoutOf(settings, chosen.place),
    settings,
  };
}

function onlySet(values: CloudValues): CloudValues {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
  );
}

function withoutPrefix(values: CloudValues): CloudValues {
  const entries = Object.entries(values).map(([key, value]): [string, unknown] => [
    key.replaceAll('-', '_').replace(/^os_/, ''),
    isCloudValues(value) ? withoutPrefix(value) : value,
  ]);
  return Object.fromEntries(entries);
}

function textsOf(auth: CloudValues): Record<string, string> {
  const given = Object.entries(auth).filter(([, value]) => isGiven(value));
  return Object.fromEntries(given.map(([key, value]) => [key, String(value)]));
}

/** `insecure` wins; `verify` may also be the file of the authorities, as in Python's requests. */
function tlsFilesOf({ insecure, verify, cacert, cert, key }: CloudValues): TlsFiles {
  const isPath = typeof verify === 'string' && !/^(true|false)$/i.test(verify) && verify !== '';
  return {
    verify: insecure !== true && (isPath || isTrue(verify)),
    cacert: textOf(cacert) ?? (isPath ? String(verify) : undefined),
    cert: textOf(cert),
    key: textOf(key),
  };
}

function timeoutOf({ api_timeout: seconds }: CloudValues, place: string): number | undefined {
  if (!isGiven(seconds)) return undefined;
  const ms = Number(seconds) * 1000;
  if (ms > 0 && Number.isFinite(ms)) return ms;
  throw badCloud(`${place} has the api_timeout "${seconds}", which is no number of seconds`);
}
