/** What every bus gets from outside: time, and a place to tell what went wrong. */
export interface BusComponents {
  /** Pauses; ends early when the signal aborts, by resolving or by rejecting. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  readonly log: BusLog;
}

/** A pino logger is one. */
export interface BusLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** Pauses without ever rejecting. */
export async function pause(components: BusComponents, ms: number, signal: AbortSignal): Promise<void> {
  await components.sleep(ms, signal).catch(() => {});
}

/** Milliseconds to wait before attempt `attempt + 1`: 200, 400, … capped at ten seconds. */
export function redeliveryPauseMs(attempt: number): number {
  return Math.min(10_000, 200 * 2 ** Math.min(attempt, 10));
}
