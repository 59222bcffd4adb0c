import { DriverVerb, StatsMetric } from '@cyborgjs/core';
import { z } from 'zod';

export { StatsMetric } from '@cyborgjs/core';

/** The version of the driver contract that this SDK speaks. */
export const driverApiVersion = '1.1.0';

/**
 * What a driver package says of itself, in its package.json under `cyborgDriver`, readable without running it.
 * The handshake of its process must agree.
 */
export const DriverManifest = z.strictObject({
  /** Short name, unique among the drivers of a host: `gpu`. */
  id: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  /** Semver range of the contract versions it works with: `^1.0`. */
  api: z.string().min(1),
  /** Export subpath of the package whose default export is the driver; with a `runtime`, a file of the package. */
  entry: z.string().regex(/^\.(\/.*)?$/),
  /**
   * What runs a driver that is not written for Node: an absolute path and arguments, after which comes the path of
   * the entry. `{"command": ["/usr/bin/python3", "-I"]}`. It speaks the protocol of docs/driver-protocol.md.
   */
  runtime: z.strictObject({ command: z.tuple([z.string().startsWith('/')], z.string()) }).optional(),
  /** JSON Schema of the settings, where no code can be asked for it: of a driver with a `runtime`. */
  config: z.record(z.string(), z.unknown()).optional(),
  verbs: z.array(DriverVerb).min(4),
  /**
   * What it is made for, for catalogues and hints: PCI ids `{"pci": "10de:*", "class": "0302"}`, or the paths where
   * something else is found `{"path": "/dev/acme*"}`.
   */
  match: z.array(
    z.union([
      z.strictObject({ pci: z.string(), class: z.string().optional() }),
      z.strictObject({ path: z.string().startsWith('/') }),
    ]),
  ),
  /** What it may touch through the seam; anything else is `denied`. Globs are matched against real paths. */
  permissions: z.strictObject({
    read: z.array(z.string().startsWith('/')),
    write: z.array(z.string().startsWith('/')),
    /** Absolute paths. */
    tools: z.array(z.string().startsWith('/')),
    /** Libraries of the vendor by the driver's names for them, and what they may be called for; `write` is both. */
    ports: z.record(z.string(), z.enum(['read', 'write'])).optional(),
    /** Whether it loads native addons, which no permission can hold in. */
    native: z.boolean().optional(),
  }),
  /** Every metric that `stats` may answer; one that is not declared here is not shown to anyone. */
  stats: z.array(StatsMetric).default([]),
  /** Deadlines in milliseconds where the usual ones do not fit. */
  timeoutsMs: z.partialRecord(DriverVerb, z.int().positive()).default({}),
});
export type DriverManifest = z.output<typeof DriverManifest>;
