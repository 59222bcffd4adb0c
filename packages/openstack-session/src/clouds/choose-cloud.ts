import { badCloud } from './bad-cloud.ts';
import { cloudDefaults } from './cloud-defaults.ts';
import type { CloudFile, Environment } from './cloud-files.ts';
import { authOf, type CloudValues, isCloudValues, mergeCloud, mergeDeep, textOf } from './cloud-values.ts';
import { environmentCloud } from './environment-cloud.ts';

/** All that describes clouds, already read. */
export interface CloudSources {
  readonly clouds?: CloudFile | undefined;
  readonly secure?: CloudFile | undefined;
  readonly vendors?: CloudFile | undefined;
  readonly env: Environment;
}

/** One cloud out of the sources, before its region. */
export interface ChosenCloud {
  readonly name: string;
  /** Where it is described, for messages. */
  readonly place: string;
  /** Its own settings, as they are written. */
  readonly own: CloudValues;
  /** The profile of its vendor; empty when it names none. */
  readonly profile: CloudValues;
}

/**
 * Chooses a cloud: the one asked for, `OS_CLOUD`, the one that the `OS_` variables describe (`envvars`), the only
 * one of the file; without any of these, one of defaults only.
 *
 * @throws OpenStackError `session.bad_cloud` when there is none of that name, or the choice is open
 */
export function chooseCloud(sources: CloudSources, asked?: string): ChosenCloud {
  const { env } = sources;
  const environmentName = env.OS_CLOUD_NAME ?? 'envvars';
  const written = fileClouds(sources);
  const file = sources.clouds?.path ?? 'clouds.yaml';
  if (environmentName in written)
    throw badCloud(
      `${file} has a cloud "${environmentName}", which is the name of the cloud of the OS_ variables. ` +
        'Rename it, or set OS_CLOUD_NAME to another name.',
    );
  const described = environmentCloud(env);
  const clouds = { ...written, ...(described && { [environmentName]: described }) };
  const only = Object.keys(clouds).length === 1 ? Object.keys(clouds)[0] : undefined;
  const name = asked || env.OS_CLOUD || (described && environmentName) || only;
  if (name === undefined && Object.keys(clouds).length > 0)
    throw badCloud(`${file} has several clouds: ${listed(clouds)}. Name one, or set OS_CLOUD.`);
  if (name === undefined)
    return {
      name: 'defaults',
      place: 'the default cloud (clouds.yaml, OS_CLOUD and the OS_ variables name none)',
      own: {},
      profile: {},
    };
  const own = clouds[name];
  if (own === undefined)
    throw badCloud(`there is no cloud "${name}" in ${file}; there is: ${listed(clouds) || 'none'}`);
  const place = name === environmentName ? 'the OS_ variables' : `cloud "${name}" in ${file}`;
  // Among the variables OS_CLOUD chooses; in a file `cloud` is the old word for `profile`.
  const { cloud: older, ...settings } = own;
  const wanted = textOf(settings.profile ?? (name === environmentName ? undefined : older));
  const profile = wanted === undefined || wanted === environmentName ? {} : profileOf(sources, wanted, place);
  return { name, place, own: settings, profile };
}

const listed = (clouds: CloudValues): string => Object.keys(clouds).join(', ');

/** The clouds of the files, `secure.yaml` laid over `clouds.yaml`. */
function fileClouds({ clouds, secure }: CloudSources): Readonly<Record<string, CloudValues>> {
  const merged = mergeDeep(clouds?.content ?? {}, secure?.content ?? {});
  return isCloudValues(merged.clouds) ? (merged.clouds as Record<string, CloudValues>) : {};
}

function profileOf({ vendors }: CloudSources, name: string, place: string): CloudValues {
  const known = vendors?.content['public-clouds'];
  const profile = isCloudValues(known) ? known[name] : undefined;
  if (isCloudValues(profile)) return profile;
  throw badCloud(
    `${place} uses the profile "${name}", which ${vendors?.path ?? 'no clouds-public.yaml'} has. Profiles that ` +
      `come with openstacksdk are not known here: copy it to clouds-public.yaml under public-clouds.${name}.`,
  );
}

/** All settings of a cloud: defaults, its profile, its own. */
export function baseSettings({ own, profile }: ChosenCloud): CloudValues {
  const settings = mergeCloud(mergeCloud(cloudDefaults, profile), own);
  return { ...settings, auth: authOf(settings) };
}
