import { CyborgError, type DeviceProfile, type Uuid } from '@cyborgjs/core';
import type { StoredDeviceProfile } from '../store/device-profile.ts';
import type { ConductorContext } from './conductor.ts';

/** Stores a device profile whose groups were checked. Throws `device_profile.exists`. */
export function createDeviceProfile(
  profile: Pick<DeviceProfile, 'name' | 'description' | 'groups'> & { readonly id?: Uuid | undefined },
  { store, newId }: ConductorContext,
): Promise<StoredDeviceProfile> {
  return store.transaction(async ({ deviceProfiles, events }) => {
    const id = profile.id ?? newId();
    await deviceProfiles.insert({ ...profile, id });
    events.add({ type: 'device_profile.created', subject: id, host: null, data: { name: profile.name } });
    const stored = await deviceProfiles.find(id);
    if (stored === undefined) throw notFound([id]);
    return stored;
  });
}

/** Removes all of the profiles or none. Throws `device_profile.not_found`. */
export function deleteDeviceProfiles(ids: readonly Uuid[], { store }: ConductorContext): Promise<void> {
  return store.transaction(async ({ deviceProfiles, events }) => {
    const wanted = [...new Set(ids)];
    if ((await deviceProfiles.remove(wanted)) < wanted.length) throw notFound(wanted);
    for (const id of wanted)
      events.add({ type: 'device_profile.deleted', subject: id, host: null, data: {} });
  });
}

function notFound(ids: readonly Uuid[]): CyborgError {
  return new CyborgError(
    'device_profile.not_found',
    `not all of these device profiles exist: ${ids.join(', ')}`,
    {
      details: { ids },
    },
  );
}
