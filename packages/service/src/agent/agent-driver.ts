import type { DriverStatus, DriverVerb } from '@cyborgjs/core';

/** How one call of a verb is bounded and watched. */
export interface DriverCallOptions {
  readonly signal?: AbortSignal;
  readonly deadlineMs?: number;
  readonly onProgress?: (fraction: number, note?: string) => void;
}

/**
 * One driver as the agent uses it: its process, wherever it stands in its life. Calls fail with a `DriverError`
 * and nothing else.
 */
export interface AgentDriver {
  readonly id: string;
  status(): DriverStatus;
  start(): Promise<void>;
  stop(): Promise<void>;
  call(verb: DriverVerb, request: unknown, options?: DriverCallOptions): Promise<unknown>;
}
