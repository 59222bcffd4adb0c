import { badCloud } from './bad-cloud.ts';
import type { ChosenCloud } from './choose-cloud.ts';
import { type CloudValues, isCloudValues, isGiven, normaliseValues, textOf } from './cloud-values.ts';

/** A region of a cloud, with the settings that hold in it only. */
export interface ChosenRegion {
  /** Empty for a cloud without regions. */
  readonly name: string;
  readonly values: CloudValues;
}

/**
 * Chooses a region: the one asked for among those of the cloud (`regions`, or `region_name` with commas), or the
 * first. A cloud that names none takes any.
 *
 * @throws OpenStackError `session.bad_cloud` when the cloud names regions, but not that one
 */
export function chooseRegion(cloud: ChosenCloud, asked = ''): ChosenRegion {
  const known = knownRegions(cloud);
  if (known.length === 0) return { name: asked, values: {} };
  const found = asked === '' ? known[0] : known.find(({ name }) => name === asked);
  if (found !== undefined) return found;
  throw badCloud(
    `${cloud.place} has no region "${asked}", but ${known.map(({ name }) => name).join(', ')} ` +
      '(upper and lower case are told apart)',
  );
}

function knownRegions({ own, profile, place }: ChosenCloud): ChosenRegion[] {
  const { regions, region_name: name } = normaliseValues(own);
  if (regions !== undefined) return expand(regions, place);
  if (name !== undefined) return expand(typeof name === 'string' ? name.split(',') : name, place);
  if (isGiven(profile.regions)) return expand(profile.regions, place);
  const vendors = textOf(profile.region_name);
  return vendors === undefined ? [] : [{ name: vendors, values: {} }];
}

function expand(regions: unknown, place: string): ChosenRegion[] {
  return [regions ?? []].flat().map((region: unknown) => {
    if (!isCloudValues(region)) return { name: String(region), values: {} };
    const { name, values, ...other } = region;
    if (name !== undefined && Object.keys(other).length === 0)
      return { name: String(name), values: isCloudValues(values) ? values : {} };
    throw badCloud(`${place} has a region that is not {name, values}: ${JSON.stringify(region)}`);
  });
}
