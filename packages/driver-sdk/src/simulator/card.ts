import { z } from 'zod';

const texts = z.record(z.string(), z.string());

/** SR-IOV of a physical function, and what its virtual functions look like. */
export const SimulatedSriov = z.object({
  totalVfs: z.int().positive(),
  /** Functions enabled when the machine is built. */
  numVfs: z.int().nonnegative(),
  offset: z.int().positive(),
  stride: z.int().positive(),
  /** Device id of a virtual function. */
  vfDevice: z.string(),
  /** Driver that takes virtual functions by itself; null leaves them unbound. */
  vfDriver: z.string().nullable(),
  /** The most that the physical function's driver enables, whatever was asked for. */
  driverLimit: z.int().positive().nullable(),
  /** False when its driver has no way to enable functions: a write of `sriov_numvfs` is then ENOENT. */
  configurable: z.boolean(),
  /** As a function's `whenBound`, for each virtual function; `{address}` in a path is its own address. */
  vfWhenBound: z.object({ files: texts, links: texts }).optional(),
});
export type SimulatedSriov = z.output<typeof SimulatedSriov>;

/** One PCI function of a simulated card. Ids are hexadecimal digits without `0x`. */
export const SimulatedFunction = z.object({
  address: z.string(),
  vendor: z.string().length(4),
  device: z.string().length(4),
  subsystemVendor: z.string().length(4),
  subsystemDevice: z.string().length(4),
  /** Base class, subclass and programming interface: `030200`. */
  class: z.string().length(6),
  revision: z.string().length(2),
  numaNode: z.int().nonnegative().nullable(),
  /** The bridge above it; null when it sits on a root bus of its own. */
  behind: z.string().nullable(),
  /** The driver that takes it by itself; null when the host has none. */
  driver: z.string().nullable(),
  /** The driver that it is bound to when it is plugged; null for none. */
  boundTo: z.string().nullable(),
  /** IOMMU group that it shares; `own` for one of its own, null when the IOMMU does not cover it. */
  iommuGroup: z.union([z.int().nonnegative(), z.literal('own')]).nullable(),
  /** Link speed as the kernel writes it (`32.0 GT/s PCIe`) and lanes; null without a PCIe link. */
  link: z.object({ speed: z.string(), width: z.int() }).nullable(),
  /** PCIe device serial number, 16 hexadecimal digits; null when the card has no such capability. */
  serial: z.string().length(16).nullable(),
  /** Ways to reset it as `reset_method` lists them; null when there is none. */
  resetMethod: z.string().nullable(),
  sriov: SimulatedSriov.nullable(),
  /** Further files in its directory, by path below it. */
  files: texts,
  /**
   * What its own driver adds while it is bound: files and links by path, below its directory or, from `/`,
   * anywhere. A link's target is read the same way; empty is the directory itself.
   */
  whenBound: z.object({ files: texts, links: texts }),
});
export type SimulatedFunction = z.output<typeof SimulatedFunction>;

/** How a simulated card feels: `sick` answers but needs a reset, `fallen-off` answers no more. */
export const SimulatedHealth = z.enum(['ok', 'sick', 'fallen-off']);
export type SimulatedHealth = z.output<typeof SimulatedHealth>;

/** A GPU instance that a GPU with MIG is cut into: its place is counted in memory slices. */
export const SimulatedSlice = z.object({
  id: z.int().nonnegative(),
  profileId: z.int().nonnegative(),
  /** `1g.18gb`. */
  profile: z.string(),
  start: z.int().nonnegative(),
  size: z.int().positive(),
  /** Ids of its compute instances. */
  computeInstances: z.array(z.int().nonnegative()),
});
export type SimulatedSlice = z.output<typeof SimulatedSlice>;

/** A card as a simulated machine keeps it. All its identities are made up. */
export const SimulatedCard = z.object({
  /** Which builder made it: `nvidia-gpu`. */
  kind: z.string(),
  /** Facts that the vendor's tool tells and sysfs does not: `{"uuid": "GPU-…"}`. */
  facts: texts,
  /** What the vendor's tool reads now in place of the usual, by field: `{"remapped_rows.pending": "Yes"}`. */
  readings: texts,
  /** What a GPU with MIG is cut into now. */
  slices: z.array(SimulatedSlice),
  health: SimulatedHealth,
  plugged: z.boolean(),
  functions: z.array(SimulatedFunction).min(1),
  /** What its flash holds where that is not what it runs: its functions from the next load of the flash on. */
  flash: z.array(SimulatedFunction).min(1).nullable().default(null),
  /** Files that come with the card's software, by absolute path; they stay when it is unplugged. */
  hostFiles: texts,
  /** Absolute paths of the tools that come with it, as far as they are simulated. */
  tools: z.array(z.string()),
});
export type SimulatedCard = z.output<typeof SimulatedCard>;

/** Things that a machine numbers: a card asks for the next number of a pool when it is made. */
export type NumberPool =
  | 'card'
  | 'nvidia'
  | 'drm-card'
  | 'drm-render'
  | 'hwmon'
  | 'net'
  | 'fpga'
  | 'fpga-region'
  | 'fpga-bridge'
  | 'dfl-fme'
  | 'dfl-port'
  | 'fpga-dev'
  | 'secure-update';

/** What a card needs to know of its machine when it is made. */
export interface CardMaker {
  /** The next number of a pool, from 0. */
  next(pool: NumberPool): number;
  /** So many hexadecimal digits made up from the words and the machine's seed: the same for the same. */
  madeUp(digits: number, ...words: readonly (string | number)[]): string;
}

/** A card to be plugged: made when the machine is known. */
export type CardPlan = (maker: CardMaker) => SimulatedCard;
