import { z } from 'zod';
import { SimulatedCard } from './card.ts';

/** Path of the manifest in a simulated machine, below its root. */
export const simulationFile = '/simulation.json';

/** A process that has something open. */
export const SimulatedProcess = z.object({
  pid: z.int().positive(),
  command: z.string().min(1),
  /** Address of the function, UUID of the mediated device, or GPU instance (`0000:83:00.0 gi7`) that it holds. */
  holds: z.string(),
});
export type SimulatedProcess = z.output<typeof SimulatedProcess>;

/**
 * What a simulated machine knows of itself beyond its files: `simulation.json` at its root. It says that the
 * hardware is made up, and holds what no attribute shows.
 */
export const SimulationState = z.object({
  provenance: z.string(),
  cards: z.array(SimulatedCard),
  /** What each kernel driver takes by itself: `{"nvidia": ["10de:2335"]}`. */
  drivers: z.record(z.string(), z.array(z.string())),
  /** Identities are made up from it, so that machines with different seeds have different cards. */
  seed: z.string(),
  /** The next number of each pool. */
  numbers: z.record(z.string(), z.int()),
  /** Addresses of functions that a process or guest holds: unbinding them blocks. */
  held: z.array(z.string()),
  /** Processes of the host that have device nodes open. */
  processes: z.array(SimulatedProcess),
  /** Lines of the kernel log since boot, without their time. */
  kernelLog: z.array(z.string()),
  /** How often the machine was booted before. */
  reboots: z.int().nonnegative(),
  /** Whether functions get an IOMMU group. */
  iommu: z.boolean(),
});
export type SimulationState = z.output<typeof SimulationState>;
