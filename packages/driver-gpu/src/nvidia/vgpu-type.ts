/** What the name of a vGPU type says: `NVIDIA A100-4C` is 4 GB of an A100 for computing, in shared time. */
export interface VgpuType {
  /** As the driver has it: `GRID T4-2Q`. */
  readonly name: string;
  /** The last word, by which people know it: `T4-2Q`. */
  readonly short: string;
  readonly gigabytes: number;
  /** Whether it is cut out of a MIG instance (`A100-1-5C`), and not of the whole GPU. */
  readonly onMig: boolean;
}

/** Reads a vGPU type's name (NVIDIA vGPU software documentation, "Virtual GPU types"); undefined when it is none. */
export function parseVgpuType(name: string): VgpuType | undefined {
  const [, short, slices, gigabytes] =
    /(?:^| )([\w.]{1,40}-(?:(\d{1,2})-)?(\d{1,4})[ABCQ][A-Z]{0,5})$/.exec(name) ?? [];
  if (short === undefined) return undefined;
  return { name, short, gigabytes: Number(gigabytes), onMig: slices !== undefined };
}

/** Whether a type is the one that a layout names, in full or by its last word. */
export const isVgpuTypeNamed = (name: string, wanted: string): boolean =>
  name === wanted || parseVgpuType(name)?.short === wanted;
