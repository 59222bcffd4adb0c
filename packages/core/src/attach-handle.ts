import { z } from 'zod';

/** How a consumer takes hold: a PCI function, a mediated device, a CDI device name, or Cyborg's test type. */
export const AttachHandleType = z.enum(['PCI', 'MDEV', 'CDI', 'TEST_PCI']);
export type AttachHandleType = z.output<typeof AttachHandleType>;

/** One function, slice or mediated device of a deployable that one consumer can hold, as a driver found it. */
export const DiscoveredHandle = z.strictObject({
  /** Unique in its driver on one host and stable while the hardware stays: an address, a UUID, a CDI name. */
  id: z.string().min(1).max(255),
  type: AttachHandleType,
  /**
   * What the consumer needs to find it. For `PCI`: `domain`, `bus`, `device`, `function`, hexadecimal without
   * `0x`, as Nova reads them.
   */
  info: z.record(z.string().max(64), z.string().max(1024)),
});
export type DiscoveredHandle = z.output<typeof DiscoveredHandle>;

/** An attach handle as the service keeps and shows it. */
export const AttachHandle = z.object({
  id: z.string(),
  type: AttachHandleType,
  info: z.record(z.string(), z.string()),
  /** Whether one consumer holds it now. */
  inUse: z.boolean(),
});
export type AttachHandle = z.output<typeof AttachHandle>;
