import type { MigProfile } from './mig-profile.ts';

const every = [0, 1, 2, 3, 4, 5, 6];

/** Profile ids, places and shares of the boards with seven compute slices (A100 and later; NVIDIA MIG User Guide). */
const sevenSlices = [
  { id: 19, slices: 1, memory: 'one', starts: every, size: 1, total: 7 },
  { id: 15, slices: 1, memory: 'double', starts: [0, 2, 4, 6], size: 2, total: 4 },
  { id: 14, slices: 2, memory: 'double', starts: [0, 2, 4], size: 2, total: 3 },
  { id: 9, slices: 3, memory: 'half', starts: [0, 4], size: 4, total: 2 },
  { id: 5, slices: 4, memory: 'half', starts: [0], size: 4, total: 1 },
  { id: 0, slices: 7, memory: 'whole', starts: [0], size: 8, total: 1 },
] as const;

/** Gigabytes of one memory slice, two, half of them and all, as profile names have them, by PCI device id. */
const sevenSliceBoards: Readonly<
  Record<string, readonly [one: number, double: number, half: number, whole: number]>
> = {
  '20b0': [5, 10, 20, 40],
  '20b1': [5, 10, 20, 40],
  '20f1': [5, 10, 20, 40],
  '20b2': [10, 20, 40, 80],
  '20b5': [10, 20, 40, 80],
  '20f3': [10, 20, 40, 80],
  '20f5': [10, 20, 40, 80],
  '2330': [10, 20, 40, 80],
  '2331': [10, 20, 40, 80],
  '2322': [10, 20, 40, 80],
  '2324': [10, 20, 40, 80],
  '2321': [12, 24, 47, 94],
  '2335': [18, 35, 71, 141],
  '233b': [18, 35, 71, 141],
  '2901': [23, 45, 90, 180],
};

const a30 = [
  { id: 14, name: '1g.6gb', starts: [0, 1, 2, 3], size: 1, total: 4 },
  { id: 5, name: '2g.12gb', starts: [0, 2], size: 2, total: 2 },
  { id: 0, name: '4g.24gb', starts: [0], size: 4, total: 1 },
] as const;

/**
 * The MIG profiles of a board by its PCI device id, for a first look while MIG is off and the driver, older than R580,
 * does not tell them;
 * undefined for a board that is not in the table. Profiles with extra engines are left out here.
 */
export function knownMigProfiles(product: string): readonly MigProfile[] | undefined {
  if (product === '20b7') return a30;
  const board = sevenSliceBoards[product];
  if (board === undefined) return undefined;
  const [one, double, half, whole] = board;
  const gigabytes = { one, double, half, whole };
  return sevenSlices.map(({ slices, memory, ...place }) => ({
    ...place,
    name: `${slices}g.${gigabytes[memory]}gb`,
  }));
}
