import { z } from 'zod';
import { AttachHandle, DiscoveredHandle } from './attach-handle.ts';
import { ResourceClass } from './resource-class.ts';
import { Trait } from './trait.ts';
import { Uuid } from './uuid.ts';

/** The part of a device that can be given out, as a driver found it. */
export const DiscoveredDeployable = z.strictObject({
  /**
   * Unique on the host; by custom the PCI address. The Placement provider is named `<host>_<name>`, so renaming
   * it moves allocations: keep it.
   */
  name: z.string().min(1).max(120),
  resourceClass: ResourceClass,
  traits: z.array(Trait).max(200),
  /** One unit of inventory each. */
  handles: z.array(DiscoveredHandle).max(4096),
});
export type DiscoveredDeployable = z.output<typeof DiscoveredDeployable>;

/** A deployable as the service keeps and shows it: exactly one Placement resource provider. */
export const Deployable = z.object({
  id: Uuid,
  name: z.string(),
  resourceClass: ResourceClass,
  traits: z.array(Trait),
  total: z.int().nonnegative(),
  /** UUID of its resource provider; null until the agent has written it to Placement. */
  providerId: Uuid.nullable(),
  handles: z.array(AttachHandle),
});
export type Deployable = z.output<typeof Deployable>;
