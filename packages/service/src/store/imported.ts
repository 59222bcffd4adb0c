import type { AcceleratorRequestState, DeviceProfile, DiscoveredHandle, Uuid } from '@cyborgjs/core';
import type { NewAcceleratorRequest } from './accelerator-request.ts';
import type { HandleHolder, NewDeployable } from './deployable.ts';
import type { NewDevice } from './device.ts';

/** Driver of devices that were imported, until one of ours reports them. */
export const importedDriver = 'imported';

/** When something was made and last changed, milliseconds since the epoch. */
interface Moments {
  readonly createdAt: number;
  readonly updatedAt: number | null;
}

export type ImportedDevice = NewDevice & Moments;
export type ImportedProfile = Pick<DeviceProfile, 'id' | 'name' | 'description' | 'groups'> & Moments;

export interface ImportedDeployable extends NewDeployable, Moments {
  readonly providerId: string;
}

export interface ImportedAttribute extends Moments {
  readonly id: Uuid;
  readonly deployableId: Uuid;
  readonly key: string;
  readonly value: string;
}

export interface ImportedHandle extends DiscoveredHandle {
  readonly uuid: Uuid;
  readonly deployableId: Uuid;
  readonly holder: HandleHolder | null;
  readonly createdAt: number;
}

export interface ImportedRequest extends Omit<NewAcceleratorRequest, 'deviceProfileName'>, Moments {
  readonly state: AcceleratorRequestState;
  readonly host: string | null;
  readonly providerId: string | null;
  readonly instanceId: string | null;
  readonly failure: string | null;
}

/** A row of another service that was imported: its table, and what names it there. */
export interface ImportedRow {
  readonly table: string;
  readonly key: string;
}

/** What is imported in one go. */
export interface ImportedRows {
  readonly devices: readonly ImportedDevice[];
  readonly deployables: readonly ImportedDeployable[];
  readonly attributes: readonly ImportedAttribute[];
  readonly handles: readonly ImportedHandle[];
  readonly profiles: readonly ImportedProfile[];
  readonly requests: readonly ImportedRequest[];
  /** Remembered, so that none of them comes again, whatever becomes of it here. */
  readonly sources: readonly ImportedRow[];
}

/** What can be asked about what was imported. */
export interface ImportReads {
  /** Every row that was ever imported. */
  list(): Promise<readonly ImportedRow[]>;
  /** Whether a host has devices that were imported and that no driver has reported yet. */
  awaitsReport(host: string): Promise<boolean>;
}

/** What a transaction can do about imports; hold the hosts first. */
export interface ImportWrites {
  /** Stores everything with the ids and times it comes with. Throws `store.conflict` when one is taken. */
  add(rows: ImportedRows): Promise<void>;
}
