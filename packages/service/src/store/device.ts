import type { Device, DeviceKind, DeviceState, Health, Page, Uuid } from '@cyborgjs/core';
import type { StoredDeployable } from './deployable.ts';
import type { ListQuery } from './list-query.ts';

/** A device with what only `/v2` and the conductor need. */
export interface StoredDevice extends Device {
  /** The whole number by which `/v2` knows it; rises by order of arrival. */
  readonly number: number;
  /** Rises with every visible change; what ETags are made of. */
  readonly version: number;
  /** Where it stood before it vanished; null while it is there. */
  readonly stateBeforeGone: DeviceState | null;
  /** Milliseconds since the epoch; null while it is there. */
  readonly goneAt: number | null;
  /** Whether it is as it was found: nobody, and no rule, has ever had it made ready. */
  readonly untouched: boolean;
  readonly deployables: StoredDeployable[];
}

/** A device without what is below it: all that `/v2` shows of one, and one statement to read. */
export type StoredCard = Omit<StoredDevice, 'deployables'>;

/** Conditions that all must hold; what is left out does not matter. */
export interface DeviceQuery extends ListQuery {
  readonly host?: string | undefined;
  readonly driver?: string | undefined;
  readonly kind?: DeviceKind | undefined;
  readonly vendor?: string | undefined;
  readonly state?: DeviceState | undefined;
  readonly health?: Health['state'] | undefined;
  /** Part of the model, vendor, identity, address or host, in any case. */
  readonly text?: string | undefined;
}

/** How many devices share a kind, a state and a health: for metrics. */
export interface DeviceCount {
  readonly kind: DeviceKind;
  readonly state: DeviceState;
  readonly health: Health['state'];
  readonly count: number;
}

/** What can be asked about devices. */
export interface DeviceReads {
  /** By number, ascending; the marker is an id. */
  list(query?: DeviceQuery): Promise<Page<StoredDevice>>;
  find(id: string): Promise<StoredDevice | undefined>;
  /** The same, without what is below the devices. */
  listCards(query?: DeviceQuery): Promise<Page<StoredCard>>;
  findCard(id: string): Promise<StoredCard | undefined>;
  /** Throws `device.not_found`. */
  get(id: string): Promise<StoredDevice>;
  count(): Promise<readonly DeviceCount[]>;
  /** What is open for consumers on a host: the devices that are ready. */
  open(host: string): Promise<readonly Pick<StoredDevice, 'driver' | 'identity'>[]>;
  /** Ids and hosts of devices that vanished before a time. */
  goneSince(before: number): Promise<readonly { readonly id: Uuid; readonly host: string }[]>;
}

/** The facts of a device as its driver told them. */
export type DeviceFacts = Pick<
  Device,
  'kind' | 'vendor' | 'model' | 'address' | 'numaNode' | 'health' | 'firmware' | 'attributes'
>;

/** A device to store. */
export interface NewDevice extends DeviceFacts {
  readonly id: Uuid;
  readonly host: string;
  readonly driver: string;
  readonly identity: string;
  readonly state: DeviceState;
}

/** What may change of a device; what is left out stays. A health is one that it had not before. With a state that is not one of waiting it is untouched no more. */
export interface DeviceChanges extends Partial<DeviceFacts> {
  readonly driver?: string;
  readonly identity?: string;
  readonly state?: DeviceState;
  readonly stateReason?: string | null;
  readonly stateBeforeGone?: DeviceState | null;
  readonly goneAt?: number | null;
}

/** What a transaction can do to devices; hold the host first. */
export interface DeviceWrites {
  insert(devices: readonly NewDevice[]): Promise<void>;
  update(id: Uuid, changes: DeviceChanges): Promise<void>;
  /** Removes devices with their deployables and handles. */
  remove(ids: readonly Uuid[]): Promise<void>;
  /** Notes that all devices of a driver that are not gone were seen. */
  touch(host: string, driver: string, seenAt: number): Promise<void>;
}
