import type { Uuid } from '@cyborgjs/core';
import type {
  ImportedAttribute,
  ImportedDeployable,
  ImportedDevice,
  ImportedHandle,
} from '../store/imported.ts';

/** Devices of Cyborg's as ours, with everything below them. */
export interface PlannedDevices {
  readonly devices: ImportedDevice[];
  readonly deployables: Map<Uuid, ImportedDeployable>;
  readonly attributes: ImportedAttribute[];
  readonly handles: ImportedHandle[];
  /** Hosts and addresses that are taken by these devices. */
  readonly places: Set<string>;
  /** Devices of ours that nobody has touched, and in whose place imported ones come. */
  readonly replaced: Uuid[];
  /** Rows that came over with an import before, by their id. */
  readonly before: Set<number>;
  /** Handles by their id in Cyborg's database. */
  readonly handleOf: Map<number, ImportedHandle>;
}
