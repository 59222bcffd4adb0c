import { a30Profiles, type MigProfile, sevenSliceProfiles } from './mig-profiles.ts';

/** What is known of an NVIDIA board that can be simulated. */
export interface NvidiaModel {
  /** As its tool says it. */
  readonly name: string;
  readonly device: string;
  readonly subsystem: string;
  readonly class: string;
  readonly memoryMiB: number;
  readonly computeCapability: string;
  readonly powerLimitW: number;
  readonly vbios: string;
  readonly totalVfs: number;
  /** None when it has no MIG. */
  readonly mig: readonly MigProfile[];
}

const board = (
  [name, device, subsystem]: readonly [string, string, string],
  rest: Omit<NvidiaModel, 'name' | 'device' | 'subsystem' | 'class'>,
): NvidiaModel => ({ name, device, subsystem, class: '030200', ...rest });

/** The NVIDIA boards that can be simulated. */
export const nvidiaModels = {
  H200: board(['NVIDIA H200', '2335', '18be'], {
    memoryMiB: 143771,
    computeCapability: '9.0',
    powerLimitW: 700,
    vbios: '96.00.A5.00.03',
    totalVfs: 16,
    mig: sevenSliceProfiles([18, 35, 71, 141]),
  }),
  H100: board(['NVIDIA H100 80GB HBM3', '2330', '16c1'], {
    memoryMiB: 81559,
    computeCapability: '9.0',
    powerLimitW: 700,
    vbios: '96.00.74.00.01',
    totalVfs: 16,
    mig: sevenSliceProfiles([10, 20, 40, 80]),
  }),
  A100: board(['NVIDIA A100-SXM4-80GB', '20b2', '1463'], {
    memoryMiB: 81920,
    computeCapability: '8.0',
    powerLimitW: 400,
    vbios: '92.00.45.00.03',
    totalVfs: 16,
    mig: sevenSliceProfiles([10, 20, 40, 80]),
  }),
  'A100 40GB': board(['NVIDIA A100-PCIE-40GB', '20f1', '145f'], {
    memoryMiB: 40960,
    computeCapability: '8.0',
    powerLimitW: 250,
    vbios: '92.00.25.00.08',
    totalVfs: 16,
    mig: sevenSliceProfiles([5, 10, 20, 40]),
  }),
  A30: board(['NVIDIA A30', '20b7', '1532'], {
    memoryMiB: 24576,
    computeCapability: '8.0',
    powerLimitW: 165,
    vbios: '92.00.66.00.0F',
    totalVfs: 16,
    mig: a30Profiles,
  }),
  L40S: board(['NVIDIA L40S', '26b9', '1851'], {
    memoryMiB: 46068,
    computeCapability: '8.9',
    powerLimitW: 350,
    vbios: '95.02.66.00.02',
    totalVfs: 32,
    mig: [],
  }),
  T4: board(['Tesla T4', '1eb8', '12a2'], {
    memoryMiB: 15360,
    computeCapability: '7.5',
    powerLimitW: 70,
    vbios: '90.04.38.00.03',
    totalVfs: 0,
    mig: [],
  }),
} as const;
