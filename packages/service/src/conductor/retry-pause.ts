import type { ConductorContext } from './conductor.ts';
import type { ConductorSettings } from './conductor-settings.ts';

interface RetryPauses {
  readonly settings: Pick<ConductorSettings, 'retryBaseMs' | 'retryCapMs'>;
  readonly random: ConductorContext['random'];
}

/** Milliseconds to wait after a number of failed attempts: doubled each time, capped, spread by up to a fifth. */
export function retryPauseMs(failures: number, { settings, random }: RetryPauses): number {
  const doubled = settings.retryBaseMs * 2 ** Math.min(failures - 1, 30);
  return Math.round(Math.min(doubled, settings.retryCapMs) * (1 - random() / 5));
}
