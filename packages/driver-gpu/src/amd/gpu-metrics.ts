import { DriverError } from '@cyborgjs/driver-sdk';

/** What `gpu_metrics` says, in our units; undefined for what this card or version does not tell. */
export interface GpuMetrics {
  /** `1.4`: format and content revision. */
  readonly version: string;
  /** Degrees Celsius. */
  readonly temperature: number | undefined;
  readonly memoryTemperature: number | undefined;
  /** Watts, of the whole socket. */
  readonly power: number | undefined;
  /** 0 to 1. */
  readonly activity: number | undefined;
  readonly memoryActivity: number | undefined;
  /** Joules since the driver was loaded. */
  readonly energy: number | undefined;
}

/** Where the values of one version lie, in bytes from the start. */
interface Offsets {
  readonly temperature: number;
  readonly memoryTemperature: number;
  readonly power: number;
  readonly activity: number;
  readonly memoryActivity: number;
  readonly energy: number;
}

const consumer: Offsets = {
  temperature: 6,
  memoryTemperature: 8,
  activity: 16,
  memoryActivity: 18,
  power: 22,
  energy: 24,
};

const instinct = {
  temperature: 4,
  memoryTemperature: 6,
  power: 10,
  activity: 12,
  memoryActivity: 14,
} as const;

/**
 * The versions that are read (Linux: drivers/gpu/drm/amd/include/kgd_pp_interface.h, `gpu_metrics_v1_1` to `v1_8`).
 * 1.0 is not aligned and not recommended by the kernel itself; 2.x and 3.x are of processors with graphics.
 */
const versions: Readonly<Record<string, Offsets>> = {
  '1.1': consumer,
  '1.2': consumer,
  '1.3': consumer,
  '1.4': { ...instinct, energy: 24 },
  '1.5': { ...instinct, energy: 88 },
  '1.6': { ...instinct, energy: 16 },
  '1.7': { ...instinct, energy: 16 },
  '1.8': { ...instinct, energy: 16 },
};

/** One step of the energy counter, in joules: 2 to the power of -16. */
const energyStep = 2 ** -16;

/**
 * Reads the table that amdgpu shows as `gpu_metrics`: a header of size and version, then little-endian numbers, of which
 * all ones mean that there is none.
 *
 * @throws `unsupported` for a version that is not known; `hardware` for a table that is cut off
 */
export function parseGpuMetrics(bytes: Uint8Array): GpuMetrics {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4)
    throw new DriverError('hardware', `gpu_metrics has ${bytes.length} bytes and no header`);
  const version = `${view.getUint8(2)}.${view.getUint8(3)}`;
  const offsets = Object.hasOwn(versions, version) ? versions[version] : undefined;
  if (offsets === undefined) throw new DriverError('unsupported', `gpu_metrics is of version ${version}`);
  const size = view.getUint16(0, true);
  if (size > bytes.length || size < offsets.energy + 8)
    throw new DriverError(
      'hardware',
      `gpu_metrics ${version} says that it has ${size} bytes, and has ${bytes.length}`,
    );
  const word = (at: number, most: number): number | undefined => {
    const value = view.getUint16(at, true);
    return value === 0xffff || value > most ? undefined : value;
  };
  const share = (at: number): number | undefined => {
    const value = word(at, 100);
    return value === undefined ? undefined : value / 100;
  };
  const energy = view.getBigUint64(offsets.energy, true);
  return {
    version,
    temperature: word(offsets.temperature, 200),
    memoryTemperature: word(offsets.memoryTemperature, 200),
    power: word(offsets.power, 5_000),
    activity: share(offsets.activity),
    memoryActivity: share(offsets.memoryActivity),
    energy: energy === 0xffff_ffff_ffff_ffffn ? undefined : Number(energy) * energyStep,
  };
}
