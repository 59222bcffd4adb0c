import { DriverError } from './driver-error.ts';
import { pauseCall } from './pause-call.ts';

/** The time as a driver is given it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits so many milliseconds of it; rejects with the signal's reason as soon as that aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** The time of the machine that this process runs on. */
export const systemClock: Clock = { now: () => Date.now(), pause: pauseCall };

/** How often a clock that can be moved is looked at, in milliseconds. */
export const clockLookMs = 20;

/**
 * Calls back once a clock that can be moved is past a time, with the failure of a call whose deadline that was. What is
 * returned ends the watch; it keeps no process alive.
 */
export function watchDeadline(
  clock: Clock,
  deadlineMs: number,
  onOver: (failure: DriverError) => void,
): () => void {
  const deadlineAt = clock.now() + deadlineMs;
  const timer = setInterval(() => {
    if (clock.now() < deadlineAt) return;
    clearInterval(timer);
    onOver(new DriverError('timeout', `it did not end within ${deadlineMs} ms by the machine's clock`));
  }, clockLookMs).unref();
  return () => clearInterval(timer);
}
