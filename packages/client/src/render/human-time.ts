const steps = [
  { unit: 's', ms: 1000, below: 60 },
  { unit: 'min', ms: 60_000, below: 60 },
  { unit: 'h', ms: 3_600_000, below: 48 },
  { unit: 'days', ms: 86_400_000, below: 60 },
] as const;

/**
 * A moment as people say it: `3 min ago`, `in 2 h`; the bare date when it is more than two months off.
 *
 * @param iso - ISO 8601; null reads as `never`.
 * @param now - Milliseconds since the epoch.
 */
export function humanTime(iso: string | null, now: number): string {
  if (iso === null) return 'never';
  const distance = now - Date.parse(iso);
  if (Math.abs(distance) < 2000) return 'just now';
  const span = spanOf(Math.abs(distance));
  if (span === undefined) return iso.slice(0, 10);
  return distance > 0 ? `${span} ago` : `in ${span}`;
}

/** A length of time in its largest fitting unit: `850 ms` reads `0 s`, `90 000` reads `1 min`. */
export function humanDuration(ms: number): string {
  return spanOf(Math.max(0, ms)) ?? `${Math.floor(ms / 86_400_000)} days`;
}

function spanOf(ms: number): string | undefined {
  for (const step of steps) {
    const count = Math.floor(ms / step.ms);
    if (count < step.below) return `${count} ${step.unit}`;
  }
  return undefined;
}

/** A moment in full with its age: `2025-11-22T10:00:00Z (3 min ago)`. */
export function momentAndAge(iso: string | null, now: number): string {
  return iso === null ? 'never' : `${iso} (${humanTime(iso, now)})`;
}
