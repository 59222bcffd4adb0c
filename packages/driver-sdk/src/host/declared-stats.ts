import { DriverError } from '../driver-error.ts';
import type { DriverManifest } from '../driver-manifest.ts';
import type { VerbAnswer } from './verb-answers.ts';

/** Refuses readings that the manifest does not declare, as `internal` naming them: nobody could tell their unit. */
export function requireDeclaredStats(
  { id, stats }: Pick<DriverManifest, 'id' | 'stats'>,
  answer: VerbAnswer['stats'],
): void {
  const declared = new Set(stats.map(({ name }) => name));
  const unknown = new Set(Object.values(answer).flatMap((readings) => Object.keys(readings)));
  const undeclared = [...unknown].filter((name) => !declared.has(name)).slice(0, 5);
  if (undeclared.length === 0) return;
  const known = stats.map(({ name }) => name).join(', ') || 'none';
  throw new DriverError(
    'internal',
    `driver ${id} answered stats with ${undeclared.join(', ')}; it declares ${known}`,
    {
      hint: 'The driver is at fault: its manifest must declare each metric under cyborgDriver.stats, with its unit.',
    },
  );
}
