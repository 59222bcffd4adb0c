import type { DeviceProfile, Page, ProjectLimits, Uuid } from '@cyborgjs/core';
import type { ListQuery } from './list-query.ts';

/** A device profile with its order of arrival. */
export interface StoredDeviceProfile extends DeviceProfile {
  readonly number: number;
}

export interface DeviceProfileQuery extends ListQuery {
  /** Exact names, case and all; unknown ones are left out. */
  readonly names?: readonly string[] | undefined;
}

/** What can be asked about device profiles. */
export interface DeviceProfileReads {
  /** By number, ascending; the marker is an id. */
  list(query?: DeviceProfileQuery): Promise<Page<StoredDeviceProfile>>;
  /** Those that are there, by number, ascending. */
  listByIds(ids: readonly string[]): Promise<readonly StoredDeviceProfile[]>;
  find(id: string): Promise<StoredDeviceProfile | undefined>;
  findByName(name: string): Promise<StoredDeviceProfile | undefined>;
  /** What decides about requests that a project makes from a profile, in one statement. */
  findForProject(name: string, projectId: string): Promise<ProfileForProject | undefined>;
}

/** A profile as one project finds it. */
export interface ProfileForProject extends Pick<DeviceProfile, 'id' | 'name' | 'groups'> {
  /** The limits that the project has of its own. */
  readonly ownLimits: ProjectLimits['limits'];
}

export type NewDeviceProfile = Pick<DeviceProfile, 'id' | 'name' | 'description' | 'groups'>;

/** What a transaction can do to device profiles. */
export interface DeviceProfileWrites {
  /** Throws `device_profile.exists` when the name or the id is taken. */
  insert(profile: NewDeviceProfile): Promise<void>;
  /** Tells how many there were to remove. Throws `device_profile.in_use` when there are requests from one. */
  remove(ids: readonly Uuid[]): Promise<number>;
}
