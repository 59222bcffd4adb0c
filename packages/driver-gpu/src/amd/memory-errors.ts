/** Parts of the GPU that count their memory errors. */
const countedParts = ['umc', 'sdma', 'gfx', 'mmhub', 'xgmi_wafl'] as const;

/** Memory errors since the driver was loaded; undefined where no part tells. */
export interface MemoryErrors {
  readonly corrected: number | undefined;
  readonly uncorrected: number | undefined;
  /** Uncorrected ones by part, where there are any: `2 in umc`. */
  readonly parts: readonly string[];
}

/**
 * The error counters of an AMD GPU, `ras/<part>_err_count` (Linux: Documentation/gpu/amdgpu/ras.rst).
 *
 * @param read reads an attribute of the GPU
 */
export async function readMemoryErrors(
  read: (name: string) => Promise<string | undefined>,
): Promise<MemoryErrors> {
  const totals: { corrected: number | undefined; uncorrected: number | undefined } = {
    corrected: undefined,
    uncorrected: undefined,
  };
  const parts: string[] = [];
  for (const part of countedParts) {
    const { uncorrected, corrected } = parseErrorCount((await read(`ras/${part}_err_count`)) ?? '');
    if (uncorrected !== undefined) totals.uncorrected = (totals.uncorrected ?? 0) + uncorrected;
    if (corrected !== undefined) totals.corrected = (totals.corrected ?? 0) + corrected;
    if (uncorrected !== undefined && uncorrected > 0) parts.push(`${uncorrected} in ${part}`);
  }
  return { ...totals, parts };
}

/** The counters of one part: `ue: 0` and `ce: 0` on two lines. */
export function parseErrorCount(text: string): Pick<MemoryErrors, 'corrected' | 'uncorrected'> {
  const countOf = (kind: 'ue' | 'ce'): number | undefined => {
    const [, count] = new RegExp(`^${kind}: (\\d{1,15})$`, 'm').exec(text) ?? [];
    return count === undefined ? undefined : Number(count);
  };
  return { uncorrected: countOf('ue'), corrected: countOf('ce') };
}
