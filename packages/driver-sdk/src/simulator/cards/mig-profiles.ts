/** A way to cut a GPU instance out of a GPU. Places are counted in memory slices. */
export interface MigProfile {
  readonly id: number;
  readonly name: string;
  readonly memoryGiB: number;
  readonly multiprocessors: number;
  readonly starts: readonly number[];
  readonly size: number;
}

/** The seven compute and eight memory slices of A100, H100, H200 and B200, by gigabytes of each profile. */
export function sevenSliceProfiles(
  sizes: readonly [one: number, double: number, half: number, whole: number],
): MigProfile[] {
  const [one, double, half, whole] = sizes;
  const every = [0, 1, 2, 3, 4, 5, 6];
  const profile = (
    [id, name, memoryGiB]: readonly [number, string, number],
    multiprocessors: number,
    place: Pick<MigProfile, 'starts' | 'size'>,
  ): MigProfile => ({ id, name, memoryGiB, multiprocessors, ...place });
  return [
    profile([19, `1g.${one}gb`, one - 1.5], 16, { starts: every, size: 1 }),
    profile([20, `1g.${one}gb+me`, one - 1.5], 16, { starts: every, size: 1 }),
    profile([15, `1g.${double}gb`, double - 2.5], 26, { starts: [0, 2, 4, 6], size: 2 }),
    profile([14, `2g.${double}gb`, double - 2.5], 32, { starts: [0, 2, 4], size: 2 }),
    profile([9, `3g.${half}gb`, half - 1.25], 60, { starts: [0, 4], size: 4 }),
    profile([5, `4g.${half}gb`, half - 1.25], 64, { starts: [0], size: 4 }),
    profile([0, `7g.${whole}gb`, whole - 1], 132, { starts: [0], size: 8 }),
  ];
}

/** The four slices of an A30. */
export const a30Profiles: readonly MigProfile[] = [
  { id: 14, name: '1g.6gb', memoryGiB: 5.81, multiprocessors: 14, starts: [0, 1, 2, 3], size: 1 },
  { id: 21, name: '1g.6gb+me', memoryGiB: 5.81, multiprocessors: 14, starts: [0, 1, 2, 3], size: 1 },
  { id: 5, name: '2g.12gb', memoryGiB: 11.69, multiprocessors: 28, starts: [0, 2], size: 2 },
  { id: 6, name: '2g.12gb+me', memoryGiB: 11.69, multiprocessors: 28, starts: [0, 2], size: 2 },
  { id: 0, name: '4g.24gb', memoryGiB: 23.44, multiprocessors: 56, starts: [0], size: 4 },
];
