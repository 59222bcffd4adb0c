/** Readings of a GPU by metric; the manifest declares their units. What cannot be read is left out. */
export type GpuStats = Readonly<Record<string, number>>;

/** Readings without those that are not known. */
export function knownStats(readings: Readonly<Record<string, number | null | undefined>>): GpuStats {
  const known: Record<string, number> = {};
  for (const [name, value] of Object.entries(readings))
    if (value != null && Number.isFinite(value)) known[name] = value;
  return known;
}
