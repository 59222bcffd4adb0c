import {
  CyborgError,
  type DeviceProfileGroup,
  ResourceClass,
  Trait,
  type Trait as TraitName,
} from '@cyborgjs/core';
import type { AttachmentWanted } from '../store/attachment.ts';
import type { OpenDeployable } from '../store/deployable.ts';
import type { StoreReads } from '../store/store.ts';
import type { CreateAttachmentRequest } from './conductor.ts';
import { accelOptions } from './handle-preparation.ts';
import { requestedAccelerators } from './requested-accelerators.ts';

/** What a deployable must have to be plugged into a consumer that runs. */
const hotplugTrait = 'CUSTOM_ACCEL_HOTPLUG' as TraitName;

/**
 * What is asked for, in full. Throws `device_profile.not_found`, `deployable.not_found`, `host.not_found`,
 * `attachment.ambiguous`.
 */
export async function wantedAttachment(
  { deviceProfile, group, resourceClass, traits = [], deployable, ...request }: CreateAttachmentRequest,
  store: StoreReads,
): Promise<AttachmentWanted> {
  const { hotplug = false, host = null, options = {} } = request;
  if (host !== null) await store.hosts.get(host);
  const own = {
    deviceProfile: null,
    resourceClass: resourceClass ?? null,
    required: [...traits],
    forbidden: [],
    hotplug,
    host,
    deployableId: deployable === undefined ? null : (await store.deployables.get(deployable)).id,
    options: { ...options },
  };
  if (deviceProfile === undefined) return own;
  const asked = await groupOf({ deviceProfile, group }, store);
  return {
    ...own,
    deviceProfile,
    resourceClass: asked.resourceClass,
    required: [...traits, ...traitsOf(asked.group, 'required')],
    forbidden: traitsOf(asked.group, 'forbidden'),
    options: { ...accelOptions(asked.group), ...options },
  };
}

/** Whether a deployable has what is wanted and nothing that is not. */
export function fitsWanted(
  { required, forbidden, hotplug, resourceClass, host, deployableId }: AttachmentWanted,
  deployable: OpenDeployable,
): boolean {
  const has = (trait: TraitName) => deployable.traits.includes(trait);
  return (
    (resourceClass === null || deployable.resourceClass === resourceClass) &&
    (host === null || deployable.host === host) &&
    (deployableId === null || deployable.id === deployableId) &&
    required.every(has) &&
    !forbidden.some(has) &&
    (!hotplug || has(hotplugTrait))
  );
}

/** What is wanted, for people. */
export function describeWanted(wanted: AttachmentWanted): string {
  const { resourceClass, deployableId, required, forbidden, hotplug, host } = wanted;
  const traits = [...required, ...(hotplug ? [hotplugTrait] : [])];
  return [
    deployableId === null ? (resourceClass ?? 'anything') : `deployable ${deployableId}`,
    ...(traits.length > 0 ? [`with ${traits.join(', ')}`] : []),
    ...(forbidden.length > 0 ? [`without ${forbidden.join(', ')}`] : []),
    host === null ? 'on any host' : `on host ${host}`,
  ].join(' ');
}

interface AskedGroup {
  readonly group: DeviceProfileGroup | undefined;
  readonly resourceClass: ResourceClass;
}

async function groupOf(
  { deviceProfile, group }: { readonly deviceProfile: string; readonly group: number | undefined },
  store: StoreReads,
): Promise<AskedGroup> {
  const profile = await store.deviceProfiles.findByName(deviceProfile);
  if (profile === undefined)
    throw new CyborgError('device_profile.not_found', `no device profile is called ${deviceProfile}`);
  const accelerators = requestedAccelerators(profile.groups).filter(
    ({ groupIndex }) => group === undefined || groupIndex === group,
  );
  const [only] = accelerators;
  if (only === undefined || accelerators.length > 1)
    throw new CyborgError(
      'attachment.ambiguous',
      `${group === undefined ? `device profile ${deviceProfile}` : `group ${group} of device profile ${deviceProfile}`} asks for ${accelerators.length} accelerators in ${profile.groups.length} groups, and an attachment is one; name a group of one by "group", counted from 0`,
      { details: { deviceProfile, accelerators: accelerators.length } },
    );
  return { group: profile.groups[only.groupIndex], resourceClass: ResourceClass.parse(only.resourceClass) };
}

/** Cyborg takes names of traits as they come; one that Placement could not have fits nothing. */
function traitsOf(group: DeviceProfileGroup | undefined, value: 'required' | 'forbidden'): TraitName[] {
  return Object.entries(group ?? {}).flatMap(([key, said]) => {
    const name = /^trait:(.+)$/.exec(key)?.[1];
    return name === undefined || said !== value ? [] : [Trait.parse(name)];
  });
}
