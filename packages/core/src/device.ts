import { z } from 'zod';
import { Deployable, DiscoveredDeployable } from './deployable.ts';
import { DeviceState } from './device-life-cycle.ts';
import { Health } from './health.ts';
import { Uuid } from './uuid.ts';

/** Families of accelerators. All but `PCI` (anything else on the bus) are Cyborg's own device types. */
export const DeviceKind = z.enum(['GPU', 'FPGA', 'AICHIP', 'QAT', 'NIC', 'SSD', 'PCI']);
export type DeviceKind = z.output<typeof DeviceKind>;

const facts = {
  kind: DeviceKind,
  /** PCI vendor id, four lower-case hexadecimal digits (`10de`), or a word where there is no bus. */
  vendor: z.string().min(1).max(64),
  /** Model for people: `NVIDIA H200`. */
  model: z.string().min(1).max(255),
  /** Where it sits now, e.g. a PCI address. May change over a reboot: never an identity. */
  address: z.string().min(1).max(64),
  /** NUMA node; null when the platform does not say. */
  numaNode: z.int().nonnegative().nullable(),
  health: Health,
  /** Firmware and image versions by name: `{"vbios": "96.00.a5.00.03"}`. */
  firmware: z.record(z.string().max(64), z.string().max(255)),
  /** Further facts for people and filters: `{"product_id": "2335", "link": "32.0 GT/s x16"}`. */
  attributes: z.record(z.string().max(64), z.string().max(1024)),
};

/** One physical card as a driver's `discover` returns it. */
export const DiscoveredDevice = z.strictObject({
  /**
   * Serial number or UUID, stable over restart, reboot and renumbering. Null when it cannot be read now: the
   * host then fills in the last identity seen at that address in this boot.
   */
  identity: z.string().min(1).max(255).nullable(),
  ...facts,
  deployables: z.array(DiscoveredDeployable).max(256),
});
export type DiscoveredDevice = z.output<typeof DiscoveredDevice>;

/** A device as the service keeps and shows it. */
export const Device = z.object({
  id: Uuid,
  /** Name of the host it sits in. */
  host: z.string(),
  /** Id of the driver that found it. */
  driver: z.string(),
  identity: z.string(),
  ...facts,
  state: DeviceState,
  /** Why the last install or uninstall failed; null when it did not. */
  stateReason: z.string().nullable(),
  /** True when its driver's latest report failed or is overdue: these are the last known facts. */
  stale: z.boolean(),
  /** True when the host is simulated: no such hardware exists. */
  simulated: z.boolean(),
  deployables: z.array(Deployable),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime().nullable(),
  lastSeenAt: z.iso.datetime(),
});
export type Device = z.output<typeof Device>;
