import type { DriverStore } from './driver-store.ts';
import type { Machine } from './machine.ts';
import type { AnyPorts, NoPorts, PortClients } from './port.ts';

/** What a verb gets to work with. */
export interface DriverContext<Config = unknown, Ports extends AnyPorts = NoPorts> {
  /** The operator's settings for this driver, parsed by its schema. */
  readonly config: Config;
  /** The machine; there is no other way to touch it. */
  readonly sys: Machine;
  /** The libraries of the driver's vendor, by the names that the driver gives them; a part of the machine. */
  readonly ports: PortClients<Ports>;
  /** Aborted on cancel and at the deadline. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch by which the call must have ended. */
  readonly deadlineAt: number;
  /** True when writes and tools are to be planned only; `sys` sees to it. */
  readonly dryRun: boolean;
  /** Identifies the call in logs and in the audit. */
  readonly callId: string;
  readonly log: DriverLog;
  /** What the driver remembers over restarts, its own and the agent's. Most need none. */
  readonly store: DriverStore;
  /** The machine's time, in milliseconds since the epoch. Take it from here: a simulated machine's clock can be moved. */
  now(): number;
  /** Waits so long; rejects as soon as the call is cancelled or its deadline passes. */
  pause(ms: number): Promise<void>;
  /** Share done, 0 to 1, never falling; and what is being done. */
  progress(fraction: number, note?: string): void;
  /** Work that must not be cut off (flashing): no cancel and no kill before `maxMs` have passed. */
  critical<Result>(maxMs: number, work: () => Promise<Result>): Promise<Result>;
}

export interface DriverLog {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
}
