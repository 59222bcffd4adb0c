import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Uuid } from '@cyborgjs/core';
import pino, { type Logger } from 'pino';

/** Everything that comes into the service from outside its own reasoning. */
export interface Ports {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => Uuid;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly randomBytes: (size: number) => Buffer;
  /** Resolves after a pause, or at once when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
  /** Called before and after everything that is stored or sent, by name; the crash tests end the process there. */
  readonly breakpoint?: ((place: string) => void) | undefined;
}

/** The ports of a real process. */
export function systemPorts(logLevel: string): Ports {
  return {
    now: Date.now,
    newId: () => randomUUID() as Uuid,
    random: Math.random,
    randomBytes,
    pause: (ms, signal) => delay(ms, undefined, { signal, ref: false }).catch(() => undefined),
    log: pino({ level: logLevel }, pino.destination({ dest: 2, sync: true })),
  };
}
