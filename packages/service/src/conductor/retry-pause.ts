import type { ConductorContext } from './conductor.ts';

/** Milliseconds to wait after a number of failed attempts: doubled each time, capped, spread by up to a fifth. */
export function retryPauseMs(
  failures: number,
  { settings, random }: Pick<ConductorContext, 'settings' | 'random'>,
): number {
  const doubled = settings.retryBaseMs * 2 ** Math.min(failures - 1, 30);
  return Math.round(Math.min(doubled, settings.retryCapMs) * (1 - random() / 5));
}
