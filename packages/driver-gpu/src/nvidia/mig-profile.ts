/** A way to cut a GPU instance out of a GPU, as `nvidia-smi mig -lgip` and `-lgipp` tell it. */
export interface MigProfile {
  readonly id: number;
  /** `1g.18gb`, `1g.18gb+me`. */
  readonly name: string;
  /** The most that there can be of it. */
  readonly total: number;
  /** Memory slices at which one can begin. */
  readonly starts: readonly number[];
  /** Memory slices that one takes. */
  readonly size: number;
}

/** A GPU instance that is there. */
export interface MigInstance {
  readonly gpuIndex: number;
  readonly profile: string;
  readonly profileId: number;
  /** Number in its GPU, the `G` of `gi<G>`. */
  readonly id: number;
  readonly start: number;
  readonly size: number;
}

/**
 * Whether a text has the form of a GPU instance's profile: compute slices, gigabytes, extra engines
 * (NVIDIA Multi-Instance GPU User Guide, "Profile naming"). Compute instances of a part of one (`1c.3g.40gb`) are not
 * given out.
 */
export const isMigProfile = (text: string): boolean =>
  /^[1-8]g\.\d{1,3}gb([+-](me|gfx|me\.all))?$/.test(text);

const rowPattern =
  /^\|\s{1,6}(\d{1,3})\s{1,4}MIG (\S{1,24})\s{1,24}(\d{1,4})\s{1,16}(\d{1,3})(?:\/(\d{1,3}))?\s{1,16}(\S{1,12})/;

/**
 * Reads `nvidia-smi mig -lgip` and `-lgipp` of one GPU together: names and ids from the table, places from the lines
 * `GPU  0 Profile ID 19 Placements: {0,1,2,3,4,5,6}:1`. A profile without places is left out.
 */
export function parseMigProfiles(table: string, placements: string): MigProfile[] {
  const places = new Map<number, Pick<MigProfile, 'starts' | 'size'>>();
  const lines = placements.matchAll(/Profile ID {1,4}(\d{1,4}) Placements? ?: ?\{([\d,]{1,64})\}:(\d{1,3})/g);
  for (const [, id, starts = '', size] of lines)
    places.set(Number(id), { starts: starts.split(',').filter(Boolean).map(Number), size: Number(size) });
  const profiles = new Map<number, MigProfile>();
  for (const line of table.split('\n')) {
    const [, , name = '', id, , total] = rowPattern.exec(line) ?? [];
    const place = places.get(Number(id));
    if (total === undefined || place === undefined || !isMigProfile(name)) continue;
    profiles.set(Number(id), { id: Number(id), name, total: Number(total), ...place });
  }
  return [...profiles.values()];
}

/** Reads the table of `nvidia-smi mig -lgi`: `|   0  MIG 1g.6gb          14        3          0:1     |`. */
export function parseMigInstances(table: string): MigInstance[] {
  return table.split('\n').flatMap((line) => {
    const [, gpuIndex, profile = '', profileId, id, , place = ''] = rowPattern.exec(line) ?? [];
    const [, start, size] = /^(\d{1,3}):(\d{1,3})$/.exec(place) ?? [];
    if (start === undefined || size === undefined) return [];
    return [
      {
        gpuIndex: Number(gpuIndex),
        profile,
        profileId: Number(profileId),
        id: Number(id),
        start: Number(start),
        size: Number(size),
      },
    ];
  });
}
